#include "test_user.h"

#include <sys/fsuid.h>

void test_act_as(unsigned int user) {
  setfsgid(user);
  setfsuid(user);
}
