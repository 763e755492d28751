#define _GNU_SOURCE
#include "task_launch.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// posix_spawn has no attribute for PR_SET_PDEATHSIG. vfork costs the same: the child borrows the parent's memory until
// it execs, so it may only make system calls and write to `failure`.
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

pid_t task_launch(const struct task_launch *launch) {
  volatile int failure = 0;
  sigset_t all, previous;
  sigfillset(&all);
  // No handler of ours may run in the borrowed memory.
  sigprocmask(SIG_SETMASK, &all, &previous);
  pid_t parent = getpid();
  pid_t pid = vfork();
  if (pid == 0) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (int number = 1; number < 32; number++) {
      if (number != SIGKILL && number != SIGSTOP) sigaction(number, &action, NULL);
    }
    setsid();
    int input = launch->standard_input;
    if (input < 0) input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (input < 0 || dup2(input, 0) < 0 || dup2(launch->standard_output, 1) < 0 ||
        dup2(launch->standard_error, 2) < 0 || (launch->directory && chdir(launch->directory) < 0)) {
      failure = errno;
      _exit(127);
    }
    // A library may have opened some without saying that they are not to be inherited. Linux before 5.11 cannot do it
    // here: see task_close_descriptors_on_exec.
    syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    if (launch->death_signal) {
      prctl(PR_SET_PDEATHSIG, launch->death_signal);
      if (getppid() != parent) _exit(127);  // the parent died before the signal was armed
    }
    // A processor that has gone meanwhile is no reason not to start.
    if (launch->cores) syscall(SYS_sched_setaffinity, 0, launch->cores_size, launch->cores);
    if (launch->subreaper) prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);  // lasts through the exec
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(launch->path, launch->argv, launch->envp);
    failure = errno;
    _exit(127);
  }
  int code = errno;
  sigprocmask(SIG_SETMASK, &previous, NULL);
  if (pid < 0) return -code;
  if (failure) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return -failure;
  }
  return pid;
}

pid_t task_fork(int death_signal) {
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, death_signal);
    if (getppid() != parent) raise(death_signal);  // the parent ended before the signal was armed
  }
  return pid;
}

int task_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

// The system calls themselves: cpu_set_t ends at 1024 processors.
int task_get_affinity(pid_t thread, unsigned long *mask, size_t size) {
  return (int)syscall(SYS_sched_getaffinity, thread, size, mask);
}

int task_set_affinity(pid_t thread, const unsigned long *mask, size_t size) {
  return (int)syscall(SYS_sched_setaffinity, thread, size, mask);
}

void task_set_process_name(const char *name) { prctl(PR_SET_NAME, name); }

pid_t task_peek_ended_child(void) {
  siginfo_t info = {.si_pid = 0};
  if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0) return 0;
  return info.si_pid;
}

int task_pidfd(pid_t pid) {
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
  return (int)syscall(SYS_pidfd_open, pid, 0);
}

int task_has_ended(pid_t pid) {
  siginfo_t info = {.si_pid = 0};
  if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0) return errno != EINTR;
  return info.si_pid == pid;
}

int task_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int task_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

void task_close_descriptors_on_exec(unsigned int first) {
  if (syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  // Linux before 5.11.
  for (int descriptor = (int)first; descriptor < 1024; descriptor++) {
    int flags = fcntl(descriptor, F_GETFD);
    if (flags >= 0) fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC);
  }
}

void task_spare_addresses(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) mallopt(M_ARENA_MAX, 2);
}

int task_keep_room(int descriptor, long offset, long count) {
  // fallocate(2) itself: what glibc does in its place on a file system that has none would write.
  while (syscall(SYS_fallocate, descriptor, 1 /* FALLOC_FL_KEEP_SIZE */, offset, count) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

void task_trim_memory(void) { malloc_trim(0); }

static int release_code(struct dl_phdr_info *object, size_t size, void *unused) {
  (void)size, (void)unused;
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[i];
    // What is never written is as its file has it.
    if (part->p_type != PT_LOAD || part->p_flags & PF_W) continue;
    uintptr_t start = object->dlpi_addr + part->p_vaddr, end = start + part->p_memsz;
    start &= ~(page - 1);
    madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 0;
}

void task_release_code(void) { dl_iterate_phdr(release_code, NULL); }
