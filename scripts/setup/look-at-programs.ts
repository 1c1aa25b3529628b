import { gigabytes } from '../lab/memory.ts';
import { lookAtEngine, oldestEngine, type EngineState } from './engine.ts';
import { fine, problem, runSetup, warning, type Finding } from './finding.ts';
import { versionIn } from './version.ts';
import type { Host } from './host.ts';
import type { Look } from './look.ts';

export function systemFinding({ platform, arch }: Pick<Host, 'platform' | 'arch'>): Finding {
  const saw = `${platform}/${arch}`;
  if (platform === 'win32') return problem('system', saw, 'Use WSL2: install Debian there, and firedrill in it.');
  if (platform !== 'linux') return warning('system', saw, 'Only Linux was tried. Tell us how it goes.');
  if (arch === 'x64') return fine('system', saw);
  if (arch === 'arm64') return warning('system', saw, 'ARM is selected where it matters, but nobody has run it yet.');
  return problem('system', saw, 'The bundle is made for amd64 and arm64 only: use another computer.');
}

export function engineFinding(engine: EngineState): Finding {
  const name = 'docker engine';
  switch (engine.kind) {
    case 'ready':
      return fine(name, `version ${engine.version}, and you may use it`);
    case 'old':
      return problem(
        name,
        `version ${engine.version}, older than ${oldestEngine}`,
        'Install a newer one: https://docs.docker.com/engine/install/',
      );
    case 'forbidden':
      return engine.member
        ? problem(name, 'you may use it, but not yet in this login', "Log out and in again, or run 'newgrp docker'.")
        : problem(name, 'it runs, and you may not use it', runSetup);
    case 'stopped':
      return problem(name, `it does not answer: ${engine.why}`, runSetup);
    case 'missing':
      return problem(name, 'not installed', runSetup);
  }
}

interface EngineInfo {
  CgroupVersion?: string;
  CgroupDriver?: string;
  SecurityOptions?: string[];
  DockerRootDir?: string;
}

/** What the engine itself says about what it can do. Nothing where it does not answer: that is a finding already. */
export async function engineDetails(host: Host, freeBytesNeeded: number): Promise<Finding[]> {
  if ((await lookAtEngine(host)).kind !== 'ready') return [];
  const answer = await host.run('docker', ['info', '--format', '{{json .}}'], { timeoutSeconds: 15 });
  if (answer.exitCode !== 0) return [problem('docker info', answer.stderr.trim(), 'Start the engine again.')];
  const info = JSON.parse(answer.stdout) as EngineInfo;
  const findings = [fine('cgroups', `version ${info.CgroupVersion ?? '1'}, driver ${info.CgroupDriver ?? 'unknown'}`)];
  if (info.SecurityOptions?.some((option) => option.includes('rootless'))) {
    const remedy = "Use the system's own engine: 'docker context use default'.";
    findings.push(problem('docker rights', 'the engine is rootless: its containers cannot be machines', remedy));
  }
  const folder = info.DockerRootDir;
  if (folder !== undefined && host.platform === 'linux') {
    const free = await host.freeDiskBytes(folder).catch(() => undefined);
    if (free !== undefined && free < freeBytesNeeded) {
      const remedy = "Free some space: 'docker system df' tells what docker itself holds.";
      findings.push(warning('disk of docker', `${gigabytes(free)} free for ${folder}`, remedy));
    }
  }
  return findings;
}

export async function vagrantFinding(host: Host): Promise<Finding> {
  if ((await host.find('vagrant')) === undefined) return problem('vagrant', 'not installed', runSetup);
  const answer = await host.run('vagrant', ['--version'], { timeoutSeconds: 60 });
  const version = versionIn(answer.stdout);
  if (answer.exitCode === 0 && version !== undefined) return fine('vagrant', `version ${version}`);
  const said = (answer.stderr.trim() || answer.stdout.trim()).split('\n').at(-1) ?? '';
  return problem('vagrant', `it does not run: ${said}`, "Run 'vagrant --version' by hand and mend what it says.");
}

export function programFindings({ missing, go }: Pick<Look, 'missing' | 'go'>): Finding[] {
  const own = missing.filter((need) => need.package !== 'vagrant');
  const findings = own.map((need) => problem(need.what, `missing; it ${need.purpose}`, runSetup));
  if (go.kind === 'missing') findings.push(problem('Go', `${go.saw}; the bundle can't be built`, runSetup));
  return findings.length > 0 ? findings : [fine('other programs', 'all there')];
}
