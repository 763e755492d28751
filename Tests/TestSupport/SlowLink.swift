/// A link that takes its time in both directions, as ssh to a far machine: a terminal within a terminal.
public enum SlowLink {
  /// A Python program: `slow_link.py SECONDS COMMAND…` runs a command in a terminal of its own, and passes on what comes
  /// from either side only after so many seconds.
  public static let program = """
    import collections, fcntl, os, pty, select, subprocess, sys, termios, time, tty

    delay = float(sys.argv[1])
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8)))

    def take_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    child = subprocess.Popen(sys.argv[2:], stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=take_terminal)
    os.close(theirs)
    kept = termios.tcgetattr(0)
    tty.setraw(0)
    under_way = collections.deque()
    sources = {0: ours, ours: 1}
    try:
        while sources.get(ours) or under_way:
            wait = max(0, under_way[0][0] - time.monotonic()) if under_way else None
            for source in select.select(list(sources), [], [], wait)[0]:
                try:
                    data = os.read(source, 1 << 16)
                except OSError:
                    data = b""
                if data:
                    under_way.append((time.monotonic() + delay, sources[source], data))
                else:
                    del sources[source]
            while under_way and under_way[0][0] <= time.monotonic():
                _, target, data = under_way.popleft()
                while data:
                    data = data[os.write(target, data):]
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, kept)
    sys.exit(child.wait())
    """
}
