#ifndef CNCURSES_SHIM_H
#define CNCURSES_SHIM_H

// The wide-character API is only declared with this.
#define NCURSES_WIDECHAR 1
#include <locale.h>
#include <ncurses.h>
#include <stdio.h>
#include <wchar.h>

// Swift's importer does not see function-like macros, and rejects mutable C globals in language mode 6. Each of the
// following is one macro, one global, or one function whose header would bring hundreds of macros (term.h).

extern int setupterm(const char *term, int fd, int *error);
extern int tigetnum(const char *name);
extern int wcwidth(wchar_t character);

static inline FILE *nc_stdin(void) { return stdin; }
static inline FILE *nc_stdout(void) { return stdout; }
static inline WINDOW *nc_stdscr(void) { return stdscr; }
static inline WINDOW *nc_curscr(void) { return curscr; }
static inline int nc_lines(void) { return LINES; }
static inline int nc_columns(void) { return COLS; }

/// The string capability `name`, or NULL when the terminal has none.
static inline const char *nc_capability(const char *name) {
  const char *text = tigetstr(name);
  return text == (const char *)-1 ? NULL : text;
}

static const attr_t nc_bold = WA_BOLD;
static const attr_t nc_dim = WA_DIM;
static const attr_t nc_reverse = WA_REVERSE;
static const attr_t nc_underline = WA_UNDERLINE;

#endif
