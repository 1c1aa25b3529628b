import { Command, Option } from 'commander';
import { addLabCommand } from './lab.ts';
import { addBundleCommand } from './bundle.ts';
import { addDoctorCommand } from './doctor.ts';
import { addFaultsCommand } from './faults.ts';
import { addSetupCommand } from './setup.ts';
import { addUninstallCommand } from './uninstall.ts';

/** The command line, without what a command does: each file in this folder adds its own and loads the rest when it runs. */
export function createProgram(): Command {
  const program = new Command('firedrill')
    .description('Boot a real Kubernetes cluster on this computer, break it on purpose, and mend it.')
    .option('--yes', 'answer yes to every question')
    .option('--json', 'print JSON instead of text')
    .option('--verbose', 'show where an error came from')
    .addOption(new Option('--lab <name>', 'name of the lab').env('FIREDRILL_LAB').default('firedrill'))
    .showSuggestionAfterError()
    .exitOverride();
  addBundleCommand(program);
  addDoctorCommand(program);
  addFaultsCommand(program);
  addSetupCommand(program);
  addUninstallCommand(program);
  addLabCommand(program);
  return program;
}
