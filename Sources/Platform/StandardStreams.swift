import Glibc

extension ThisProcess {
  /// Opens those of descriptors 0 to 2 that this process was started without, on `/dev/null`: else the next file that is
  /// opened gets such a number, and with it what is printed, or what a program that is started prints.
  ///
  /// To be called before anything is opened. Reading from one that was closed fails, as it would have before, so that it
  /// is not taken for an empty input; what is written goes nowhere.
  public static func openStandardStreams() {
    for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 && errno == EBADF {
      // The lowest number that is free: this one. It is inherited, as standard streams are.
      if Glibc.open("/dev/null", O_WRONLY) != number { _exit(3) }
    }
  }
}
