import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { checkoutFolder } from '../system/folders.ts';
import { addAuthorCheckCommand } from './author-check.ts';
import { addCheckCommand } from './check.ts';
import { addHintCommand } from './hint.ts';
import { addLessonCommand } from './lesson.ts';
import { addListCommand } from './list.ts';
import { addPresentCommand } from './present.ts';
import { addProgressCommand } from './progress.ts';
import { addStartCommand } from './start.ts';
import { addLabCommand } from './lab.ts';
import { addBundleCommand } from './bundle.ts';
import { addDoctorCommand } from './doctor.ts';
import { addFaultsCommand } from './faults.ts';
import { addPlaygroundCommand } from './playground.ts';
import { addReportCommand } from './report.ts';
import { addResetCommand } from './reset.ts';
import { addSetupCommand } from './setup.ts';
import { addStageCommand } from './stage.ts';
import { addUninstallCommand } from './uninstall.ts';

/** The command line, without what a command does: each file in this folder adds its own and loads the rest when it runs. */
export function createProgram(): Command {
  const program = new Command('firedrill')
    .description('Boot a real Kubernetes cluster on this computer, break it on purpose, and mend it.')
    .version(ownVersion(), '--version', 'show the version')
    .option('--yes', 'answer yes to every question')
    .option('--json', 'print JSON instead of text')
    .option('--verbose', 'show where an error came from')
    .addOption(new Option('--lab <name>', 'name of the lab').env('FIREDRILL_LAB').default('firedrill'))
    .showSuggestionAfterError()
    .exitOverride();
  addStartCommand(program);
  addListCommand(program);
  addCheckCommand(program);
  addHintCommand(program);
  addProgressCommand(program);
  addBundleCommand(program);
  addDoctorCommand(program);
  addFaultsCommand(program);
  addPresentCommand(program);
  addReportCommand(program);
  addResetCommand(program);
  addSetupCommand(program);
  addStageCommand(program);
  addUninstallCommand(program);
  addLabCommand(program);
  addPlaygroundCommand(program);
  addLessonCommand(program);
  addAuthorCheckCommand(program);
  return program;
}

const ownVersion = (): string =>
  (JSON.parse(readFileSync(join(checkoutFolder, 'package.json'), 'utf8')) as { version: string }).version;
