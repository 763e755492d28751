/// The version of this program, as `--version` and CPI `hello` tell it.
public let programVersion = "0.1.0"
