#ifndef CNCURSES_SHIM_H
#define CNCURSES_SHIM_H

// The wide-character API is only declared with this.
#define NCURSES_WIDECHAR 1
#include <locale.h>
#include <ncurses.h>
#include <wchar.h>

#endif
