// Compiles and lints infra/. The compiler is the one that BICEP names, the one on the path, or the package Azure.Bicep.CommandLine.linux-x64
// of NuGet, which the dotnet command fetches into node_modules/.cache. Where there is none it says so and ends with 3.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '0.49.2';
const infra = dirname(fileURLToPath(import.meta.url));
const cache = join(infra, '..', 'node_modules', '.cache', 'bicep');
const options = { stdio: 'inherit', env: { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' } };

const runs = (path) => {
  try {
    execFileSync(path, ['--version'], { ...options, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

function fetched() {
  const name = 'azure.bicep.commandline.linux-x64';
  const path = join(cache, 'packages', name, VERSION, 'tools', 'bicep');
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const project = join(cache, 'bicep.csproj');
  writeFileSync(
    project,
    `<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup>
<ItemGroup><PackageDownload Include="${name}" Version="[${VERSION}]" /></ItemGroup></Project>`,
  );
  try {
    execFileSync('dotnet', ['restore', project, '--packages', join(cache, 'packages')], {
      ...options,
      stdio: 'ignore',
    });
    chmodSync(path, 0o755);
  } catch {
    return null;
  }
  return path;
}

const bicep = [process.env.BICEP, 'bicep'].find((path) => path && runs(path)) ?? fetched();
if (bicep === null || !runs(bicep)) {
  console.error(
    'There is no Bicep compiler at hand: set BICEP, put bicep on the path, or install the dotnet command.',
  );
  process.exit(3);
}
execFileSync(bicep, ['lint', join(infra, 'main.bicep')], options);
execFileSync(bicep, ['build-params', join(infra, 'main.bicepparam'), '--stdout'], {
  ...options,
  stdio: 'ignore',
});
console.log(`infra/ compiles with ${bicep}.`);
