import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Which folders of `scripts/` a folder may import from: one direction only (see CONTRIBUTING.md). */
const mayImport = {
  system: [],
  bundle: ['system'],
  lab: ['bundle', 'system'],
  setup: ['lab', 'bundle', 'system'],
  probes: ['lab', 'system'],
  faults: ['lab', 'system'],
  checks: ['lab', 'system'],
  course: ['checks', 'faults', 'probes', 'lab', 'system'],
  ui: ['course', 'checks', 'faults', 'probes', 'lab', 'system'],
  present: ['ui', 'course', 'checks', 'faults', 'probes', 'lab', 'system'],
  page: ['system'],
  playground: ['page', 'lab', 'bundle', 'system'],
  stage: ['page', 'ui', 'faults', 'probes', 'lab', 'bundle', 'system'],
};
const folders = [...Object.keys(mayImport), 'commands'];
const terminalLibraries = ['@inquirer/prompts', 'ora', 'marked'];

const directions = Object.entries(mayImport).map(([folder, allowed]) => ({
  files: [`scripts/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          ...folders
            .filter((other) => other !== folder && !allowed.includes(other))
            .map((other) => ({
              group: [`../${other}/*`, `../../${other}/*`],
              message: `scripts/${folder} must not import from scripts/${other}.`,
            })),
          ...(folder === 'ui'
            ? []
            : [{ group: terminalLibraries, message: 'Only scripts/ui imports terminal libraries.' }]),
        ],
      },
    ],
  },
}));

export default defineConfig(
  { ignores: ['node_modules', 'coverage'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-console': 'error',
    },
  },
  ...directions,
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', 'no-console': 'off' },
  },
);
