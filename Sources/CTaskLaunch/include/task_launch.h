#ifndef TASK_LAUNCH_H
#define TASK_LAUNCH_H

#include <sys/types.h>

/// What a new process is given. Descriptors of -1 mean /dev/null for the input.
struct task_launch {
  const char *path;
  char *const *argv;
  char *const *envp;
  /// Directory to start in, or NULL for the caller's.
  const char *directory;
  int standard_input;
  int standard_output;
  int standard_error;
  /// Signal the process gets when its parent dies, or 0.
  int death_signal;
  /// Whether orphans among its descendants become its children.
  int subreaper;
  /// The processors it may run on, a bit each, or NULL for the caller's; and how many bytes these are.
  const unsigned long *cores;
  size_t cores_size;
};

/// Starts a process in a session of its own, with default signals and an empty signal mask.
/// Returns its process id, or -errno of the step that failed; a failed exec is reported here, not as exit 127.
pid_t task_launch(const struct task_launch *launch);

/// fork(2), which Swift hides because it is unsafe in a process with threads; the child gets `death_signal` when its
/// parent ends. For a process that has just started.
pid_t task_fork(int death_signal);

/// Makes this process the parent of every orphan among its descendants.
int task_become_subreaper(void);

/// Writes the processors a thread (0: this one) may run on, a bit each; the number of bytes written, or -1.
int task_get_affinity(pid_t thread, unsigned long *mask, size_t size);

/// Sets them; 0, or -1 with errno.
int task_set_affinity(pid_t thread, const unsigned long *mask, size_t size);

/// Sets the name that ps and top show for this process.
void task_set_process_name(const char *name);

/// The process id of a child that ended and was not waited for yet, or 0. It stays waitable, so its id, and that of its
/// process group, cannot be given to another process meanwhile.
pid_t task_peek_ended_child(void);

/// A descriptor that becomes readable when the process ends, or -1 (Linux before 5.3).
int task_pidfd(pid_t pid);

/// Whether the child has ended (it stays waitable); also when it is no child.
int task_has_ended(pid_t pid);

/// A file in memory that children do not inherit; a descriptor or -1 with errno.
int task_memory_file(const char *name);

/// A pipe that children do not inherit; 0 or -1 with errno.
int task_pipe(int ends[2]);

/// Marks every descriptor from `first` up close-on-exec.
void task_close_descriptors_on_exec(unsigned int first);

/// Where addresses are limited (ulimit -v), has threads share the C library's memory: it reserves 64 MiB for each else.
void task_spare_addresses(void);

/// Has the file system keep `count` bytes for a file from `offset` on; its size stays. 0, or the code of the error.
int task_keep_room(int descriptor, long offset, long count);

/// Gives memory back to the system that was freed.
void task_trim_memory(void);

/// Forgets where the code of this program and of its libraries lies in memory: what is used again is found again, in the
/// system's cache of files.
void task_release_code(void);

#endif
