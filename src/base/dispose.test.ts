import { describe, expect, it, vi } from 'vitest';
import { allOrNothing, disposeAll, owning } from './dispose.ts';

const fine = () => ({ dispose: vi.fn(() => Promise.resolve()) });
const stuck = () => ({ dispose: vi.fn(() => Promise.reject(new Error('stuck'))) });

describe('disposeAll', () => {
  it('goes on after a failure, and tells of it', async () => {
    const all = [fine(), stuck(), fine()];
    await expect(disposeAll(all)).rejects.toThrow('stuck');
    for (const { dispose } of all) expect(dispose).toHaveBeenCalledOnce();
  });
});

describe('allOrNothing', () => {
  it('keeps what was made', async () => {
    const made = fine();
    expect(await allOrNothing((keep) => Promise.resolve(keep(made)))).toBe(made);
    expect(made.dispose).not.toHaveBeenCalled();
  });

  it('disposes of what was made before a failure, and throws that', async () => {
    const all = [stuck(), fine()];
    const failing = allOrNothing((keep) => {
      all.forEach((each) => keep(each));
      return Promise.reject(new Error('no memory'));
    });
    await expect(failing).rejects.toThrow('no memory');
    for (const { dispose } of all) expect(dispose).toHaveBeenCalledOnce();
  });
});

describe('owning', () => {
  it('disposes of what is owned in the end, and gives the result', async () => {
    const [model, editor] = [fine(), fine()];
    const result = await owning(async (own) => {
      own(model);
      expect(own(editor)).toBe(editor);
      expect(model.dispose).not.toHaveBeenCalled();
      return 3;
    });
    expect(result).toBe(3);
    for (const { dispose } of [model, editor]) expect(dispose).toHaveBeenCalledOnce();
  });

  it('tells why the work failed, not what failed after it', async () => {
    const work = owning((own) => {
      own(stuck());
      return Promise.reject(new Error('no editor'));
    });
    await expect(work).rejects.toThrow('no editor');
    await expect(owning(async (own) => void own(stuck()))).rejects.toThrow('stuck');
  });

  it('does so where the work fails between two of them', async () => {
    const model = fine();
    const work = owning((own) => {
      own(model);
      return Promise.reject(new Error('no editor'));
    });
    await expect(work).rejects.toThrow('no editor');
    expect(model.dispose).toHaveBeenCalledOnce();
  });
});
