#define _GNU_SOURCE
#include "file_copy.h"

#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

int file_clone(int from, int to) { return ioctl(to, FICLONE, from); }

ssize_t file_copy_range(int from, int to, size_t length) { return copy_file_range(from, NULL, to, NULL, length, 0); }

off_t file_seek_data(int descriptor, off_t offset) { return lseek(descriptor, offset, SEEK_DATA); }

off_t file_seek_hole(int descriptor, off_t offset) { return lseek(descriptor, offset, SEEK_HOLE); }

void file_copy_attributes(int from, int to) {
  ssize_t length = flistxattr(from, NULL, 0);
  if (length <= 0) return;
  // The kernel has at most 64 KiB of names, and of a value.
  char *names = malloc(65536), *value = malloc(65536);
  if (names && value && (length = flistxattr(from, names, 65536)) > 0) {
    for (char *name = names; name < names + length; name += strlen(name) + 1) {
      ssize_t size = fgetxattr(from, name, value, 65536);
      if (size >= 0) fsetxattr(to, name, value, (size_t)size, 0);
    }
  }
  free(names);
  free(value);
}
