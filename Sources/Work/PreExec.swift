/// The commands that a task has run before its program, in one shell: the same on every engine.
///
/// Each entry is given to the shell as it is and evaluated by itself, so that it means what a shell says, and nothing
/// in it reaches into the next one: an open quote, a here-document, a `\` at its end. The program runs, in the same
/// process, when all have succeeded. One that fails ends the task with its status, and says which it was; one that
/// calls `exit 0` goes on with the next in a new shell, which has the exported variables. Whether the program was
/// reached is not left to the exit status: `marker`, a file, has the first line of the entry that runs, and is empty
/// once the program is reached.
public enum PreExec {
  /// The program and arguments that run entries, then the program of `argv`.
  ///
  /// - Parameters:
  ///   - shell: the path of bash; `source` and `module`, the usual guests of `pre_exec`, are bash's.
  ///   - marker: the path of the file that tells what runs.
  public static func argv(_ entries: [String], then argv: [String], shell: String, marker: String) -> [String] {
    [shell, "-c", script, "pre_exec", marker, "0", String(entries.count)] + entries + argv
  }

  /// Why a task failed whose program was not reached though nothing failed, as `exec true` has it.
  ///
  /// - Parameter entry: what the marker has.
  public static func notReached(in entry: String) -> String {
    "pre_exec ended before the program ran, in: \(entry.isEmpty ? "" : shortened(entry))"
  }

  /// Why an entry failed, as the script says it.
  public static func failed(_ entry: String, exit code: Int32) -> String {
    "pre_exec failed (exit \(code)): \(shortened(entry))"
  }

  /// `exit` is a function here, for a status of 0 only; in a subshell, and for other statuses, it is the shell's own.
  /// The entries stand one after another and not in a loop: `break` would end that, and `set -n` never.
  public static let script = #"""
    scalems_posix=${POSIXLY_CORRECT+x$POSIXLY_CORRECT}; set +o posix
    scalems_marker=$1 scalems_next=$2 scalems_count=$3 scalems_words=("${@:4}"); set --
    scalems_begin() {
      scalems_next=$(($1 + 1))
      trap "scalems_end $1" EXIT
      { builtin printf %s "${scalems_words[$1]%%$'\n'*}" >|"$scalems_marker"; } 2>/dev/null || :
    }
    scalems_end() {
      local status=$?
      [[ $status == 0 ]] || builtin printf 'pre_exec failed (exit %s): %s\n' $status "${scalems_words[$1]%%$'\n'*}" >&2
    }
    scalems_check() { [[ $1 == 0 ]] || builtin exit "$1"; }
    exit() {
      local status=${1-$?}
      if [[ $BASHPID == $$ && $status =~ ^[0-9]+$ ]] && (((status & 255) == 0)); then
        exec "$BASH" -c "$BASH_EXECUTION_STRING" "$0" "$scalems_marker" "$scalems_next" "$scalems_count" \
          "${scalems_words[@]}"
      fi
      builtin exit "$status"
    }
    scalems_text=
    for ((scalems_n = scalems_next; scalems_n < scalems_count; scalems_n++)); do
      scalems_text+="scalems_begin $scalems_n
      eval -- \"\${scalems_words[$scalems_n]}\"
      scalems_check \$?
    "
    done
    eval "$scalems_text"
    trap - EXIT
    { : >|"$scalems_marker"; } 2>/dev/null || :
    [[ ! $scalems_posix ]] || export POSIXLY_CORRECT="${scalems_posix#x}"
    scalems_words=("${scalems_words[@]:scalems_count}")
    unset -f exit scalems_begin scalems_end scalems_check
    unset scalems_posix scalems_marker scalems_next scalems_count scalems_text scalems_n
    if [[ ${scalems_words[0]} != */* ]] && ! builtin type -P -- "${scalems_words[0]}" >/dev/null; then
      builtin printf "the program '%s' was not found in PATH\n" "${scalems_words[0]}" >&2
      builtin exit 127
    fi
    exec -- "${scalems_words[@]}"

    """#
}
