import Work

// The errors of the core keep the names of the reference (`scalems.exceptions`).

/// An error of the executor core: one sentence for people.
public protocol ScalemsError: Error, CustomStringConvertible, Sendable {
  var message: String { get }
}

extension ScalemsError {
  public var description: String { message }
}

/// The runtime could not be set up; `message` names the step and the cause.
public struct DispatchError: ScalemsError {
  public var message: String
  public init(_ message: String) { self.message = message }
}

/// A call came at a time at which it makes no sense, as work offered without an open session.
public struct ProtocolError: ScalemsError {
  public var message: String
  public init(_ message: String) { self.message = message }
}

/// The interface was used in a way it does not support, as a second runtime in one process.
public struct APIError: ScalemsError {
  public var message: String
  public init(_ message: String) { self.message = message }
}

/// Something SCALE-MS describes but this executor does not do yet.
public struct MissingImplementationError: ScalemsError {
  public var message: String
  public init(_ message: String) { self.message = message }
}

/// An item of this name is in the workflow already.
public struct DuplicateKeyError: ScalemsError {
  public var message: String
  public init(_ message: String) { self.message = message }
}

/// An argument has a value it cannot have (Python's `ValueError`).
public struct ValueError: ScalemsError {
  /// Arguments of a `RuntimeConfiguration`.
  public enum Argument: Sendable {
    case engine, resource, targetVenv, raptor, cores, gpus, runtime, pilotOptions, limits
  }

  public var message: String
  /// What is wrong, for whoever calls it something else, as a command line does.
  public var argument: Argument?

  public init(_ message: String, about argument: Argument? = nil) {
    self.message = message
    self.argument = argument
  }
}

extension WorkViolation {
  /// The error that says it.
  var error: any ScalemsError {
    switch kind {
    case .value: ValueError(sentence)
    case .duplicate: DuplicateKeyError(sentence)
    case .unsupported: MissingImplementationError(sentence)
    }
  }
}
