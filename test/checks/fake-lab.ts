import type { EtcdMember, Lab } from '../../scripts/lab/lab.ts';
import type { CommandResult } from '../../scripts/system/run.ts';

/** What the fake answers. A function of the command or path; a thrown error is what an unreachable lab throws. */
export interface Answers {
  /** Objects by API path. A path that is not there is a 404; `down` is an API server that does not answer. */
  objects?: Record<string, unknown>;
  down?: boolean;
  refuses?: number;
  members?: EtcdMember[] | Error;
  ctl?: Partial<CommandResult>;
  onHost?: (command: string) => Partial<CommandResult>;
  on?: (machine: string, command: string) => Partial<CommandResult>;
  app?: string;
}

class StatusError extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

const result = (partial: Partial<CommandResult> = {}): CommandResult => ({
  stdout: '',
  stderr: '',
  exitCode: 0,
  ...partial,
});

/** A lab that answers from a table. Anything a check must not do is absent, so that doing it throws. */
export function fakeLab(answers: Answers): Lab {
  const fake = {
    kubernetes: {
      get: (path: string) => {
        if (answers.down) return Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:6443\nat stack'));
        if (answers.refuses) return Promise.reject(new StatusError(answers.refuses));
        const found = answers.objects?.[path];
        return found === undefined ? Promise.reject(new StatusError(404)) : Promise.resolve(found);
      },
      ready: () => Promise.resolve(!answers.down),
    },
    etcd: {
      members: () =>
        answers.members instanceof Error ? Promise.reject(answers.members) : Promise.resolve(answers.members ?? []),
      ctl: () => Promise.resolve(result(answers.ctl)),
    },
    onHost: (command: string) => Promise.resolve(result(answers.onHost?.(command))),
    on: (machine: string, command: string) => Promise.resolve(result(answers.on?.(machine, command))),
    shellEnvironment: () => ({ APP: answers.app ?? 'http://127.0.0.1:1' }),
  };
  return fake as unknown as Lab;
}
