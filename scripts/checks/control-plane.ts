import { lookSeconds } from './looking.ts';
import { met, unmet, type Check } from './verdict.ts';

/** The API server says that it is ready. No answer is `unmet`: that is what the claim is about. */
export function apiServerAnswers(): Check {
  const claim = 'the API server is ready';
  return {
    claim,
    async look(lab) {
      return (await lab.kubernetes.ready(lookSeconds))
        ? met('the API server says it is ready')
        : unmet(`the API server did not say within ${lookSeconds} s that it is ready`, claim);
    },
  };
}

export function apiServerIsDown(): Check {
  const claim = 'the API server is down';
  return {
    claim,
    async look(lab) {
      return (await lab.kubernetes.ready(lookSeconds))
        ? unmet('the API server says it is ready', claim)
        : met(`the API server did not say within ${lookSeconds} s that it is ready`);
    },
  };
}
