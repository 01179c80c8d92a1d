/**
 * The environment of a process that computes. glibc reads it when the process starts, so it cannot be set in there.
 *
 * Large pages for what is allocated: TensorFlow gives memory back after each op and takes it anew, and each page of it
 * is then a fault; where the system gives large pages on request only (the usual setting), this requests them.
 */
export function computeEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, GLIBC_TUNABLES: env.GLIBC_TUNABLES ?? 'glibc.malloc.hugetlb=1' };
}
