import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { allTaskNames, taskNames, type ReadingOptions as Reading } from '../index.ts';
import { given, number } from './options.ts';
import { viewingOf, type ViewingOptions } from './viewing.ts';

/** What the model does. */
export const taskOption = () =>
  new Option('--task <task>', 'what the model does')
    .choices(allTaskNames)
    .default('classification' as const);

/** The same, of what can be locked: not yet models of texts. */
export const lockableTaskOption = () =>
  new Option('--task <task>', 'what the model does')
    .choices(taskNames)
    .default('classification' as const);

/** What a verb takes that knows pictures alone. */
export const picturesHelp =
  'labelled pictures, DICOM files or NIfTI volumes: class folders, a CSV or TSV file, folders of images and masks, or COCO; split or not';

export const dataHelp = `${picturesHelp}; or a CSV or TSV file of texts`;

export const imagesOption = () =>
  new Option('--images <dir>', 'where the pictures are that a table or a COCO file names');

const pictureRoles = ['path', 'label', 'split', 'group'] as const;
const allRoles = ['path', 'text', 'label', 'split', 'group'] as const;
type Columns = NonNullable<NonNullable<Reading['table']>['columns']>;

/** `label=diagnosis,group=patient`; several columns of zeros and ones with + between. */
export const columnsOption = () => columnsWith(allRoles);

/** The same where there are pictures alone. */
export const pictureColumnsOption = () => columnsWith(pictureRoles);

const columnsWith = (roles: readonly string[]) =>
  new Option(
    '--columns <role=name,...>',
    `columns of a table with other names than usual; roles: ${roles.join(', ')}`,
  ).argParser((text: string): Columns =>
    Object.fromEntries(
      text.split(',').map((pair) => {
        const [role, ...rest] = pair.split('=');
        const name = rest.join('=');
        const isKnown = roles.includes(role.trim());
        if (!isKnown || name === '') {
          throw new InvalidArgumentError(`Valid: ROLE=NAME,... with ${roles.join(', ')}.`);
        }
        const several = role.trim() === 'label' && name.includes('+');
        return [role.trim(), several ? name.split('+') : name];
      }),
    ),
  );

export const paletteOption = () =>
  new Option(
    '--palette <file>',
    'the colours of masks and their classes, where masks have colours',
  );

export const ignoreOption = () =>
  new Option('--ignore <names>', 'classes of masks to be ignored, with commas between').argParser(
    (text: string): string[] => text.split(',').map((name) => name.trim()),
  );

export const backgroundOption = () =>
  new Option('--background <how>', 'what pixels without an annotation are in COCO')
    .choices(['class', 'ignore'] as const)
    .default('class' as const);

export const groupPatternOption = () =>
  new Option(
    '--group-pattern <regex>',
    'what in the name of a file says whose it is, in brackets: ^(P[0-9]+)_; a pattern with a slash is matched with the path',
  );

export const testShareOption = () =>
  new Option(
    '--test-share <x>',
    'test with this share of a set that is not split, no group or patient on both sides',
  ).argParser(number(0.001, 0.999));

export const allowSharedGroupsOption = () =>
  new Option('--allow-shared-groups', 'go on where a group or patient is on both sides of a split');

export const positiveOption = () =>
  new Option(
    '--positive <class>',
    'the class whose sensitivity, specificity and AUROC are shown first',
  ).default(undefined, 'the second of two');

export interface ReadingOptions extends ViewingOptions {
  readonly images?: string | undefined;
  readonly columns?: Columns | undefined;
  readonly palette?: string | undefined;
  readonly ignore?: readonly string[] | undefined;
  readonly background?: 'class' | 'ignore' | undefined;
  readonly groupPattern?: string | undefined;
}

/** What those options say of a data set. */
export function readingOf({
  images,
  columns,
  palette,
  ignore,
  background,
  groupPattern,
  ...viewing
}: ReadingOptions): Reading {
  return {
    ...given({ images, groupPattern }),
    table: { columns },
    masks: { palette, ignore },
    coco: { background },
    viewing: viewingOf(viewing),
  };
}
