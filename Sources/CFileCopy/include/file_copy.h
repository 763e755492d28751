#ifndef FILE_COPY_H
#define FILE_COPY_H

#include <sys/types.h>

/// Makes one file a clone of another, which shares its blocks; 0, or -1 where the file system cannot.
int file_clone(int from, int to);

/// copy_file_range(2) from where both files stand; Swift does not see it.
ssize_t file_copy_range(int from, int to, size_t length);

/// Where data begins at, or after, an offset; -1 and ENXIO when there is none.
off_t file_seek_data(int descriptor, off_t offset);

/// Where the next hole begins; the end of the file counts as one.
off_t file_seek_hole(int descriptor, off_t offset);

/// Copies extended attributes, access lists among them, as far as the file system of the copy takes them.
void file_copy_attributes(int from, int to);

#endif
