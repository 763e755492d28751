#ifndef TEST_USER_H
#define TEST_USER_H

/// Makes the calling thread, and only it, another user to the file system: a root whose permissions count.
void test_act_as(unsigned int user);

#endif
