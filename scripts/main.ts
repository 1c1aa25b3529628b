import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from './system/folders.ts';

// `uninstall` removes the cache, and must not find one of its own making.
if (!process.argv.includes('uninstall')) enableCompileCache(join(cacheFolder(), 'node'));
// Imported here, because what is imported at the top is compiled before there is a cache.
const { runProgram } = await import('./commands/run-program.ts');
process.exit(await runProgram(process.argv));
