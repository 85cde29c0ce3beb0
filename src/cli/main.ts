#!/usr/bin/env node
import { run } from './program.ts';

// At once: a job that is done has nothing left to do, and must not be killed while it ends.
process.exit(await run(process.argv));
