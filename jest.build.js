import { execFileSync } from 'node:child_process';

/** Builds once before a run: specs that start real processes use `dist/`, and must not write it while others read. */
export default function build() {
  execFileSync('npm', ['run', '-s', 'build'], { stdio: 'inherit' });
}
