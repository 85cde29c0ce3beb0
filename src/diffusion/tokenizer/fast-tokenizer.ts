import { ModelLockError } from '../../base/error.ts';
import { requireId } from '../../formats/tokenizer/library.ts';
import type { FastTokenizer } from '../../formats/tokenizer/marks.ts';

const start = '<|startoftext|>';
const end = '<|endoftext|>';

/** CLIP's way of cutting a text into words, before they become byte pairs. */
const word = `<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+`;

/**
 * What `tokenizer.json` says for a folder that has `vocab.json` and `merges.txt` alone, as all
 * published Stable Diffusion checkpoints do.
 *
 * @param pad Stable Diffusion 2 pads with "!", which thereby is a mark wherever it stands in a text.
 * @param where for messages.
 *
 * Throws `corrupt` for a vocabulary without one of the marks.
 */
export function fastTokenizerJson(
  vocabulary: Readonly<Record<string, number>>,
  mergesText: string,
  pad: string,
  where: string,
): FastTokenizer & Readonly<Record<string, unknown>> {
  const merges = mergesText
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('#version'))
    .map((line) => {
      const pair = line.split(' ');
      if (pair.length === 2) return pair;
      throw new ModelLockError('corrupt', `${where}: merges.txt has a line that is no pair`);
    });
  const idOf = (token: string): number => {
    if (Object.hasOwn(vocabulary, token)) {
      requireId(token, vocabulary[token], where);
      return vocabulary[token];
    }
    throw new ModelLockError('corrupt', `${where}: vocab.json has no "${token}"`);
  };
  const marks = [...new Set([pad, start, end])].map((content) => ({
    id: idOf(content),
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    // The mark that pads is looked for in the text as it was given, the others in lower case.
    normalized: content !== pad,
    special: true,
  }));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: marks.sort((a, b) => a.id - b.id),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: word }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [end, idOf(end)],
      cls: [start, idOf(start)],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: end,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: vocabulary,
      merges,
    },
  };
}
