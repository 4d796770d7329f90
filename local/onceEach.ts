/** Passes each line on the first time only: on a virtual clock an hourly reminder would fill the terminal within seconds. */
export function onceEach(write: (line: string) => void): (line: string) => void {
  const passed = new Set<string>();
  return (line) => {
    if (passed.has(line)) return;
    passed.add(line);
    write(line);
  };
}
