/// A text that must not reach a log, an error or a dump by accident.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let text: String

  /// Keeps a secret.
  public init(_ text: String) {
    self.text = text
  }

  /// The secret itself, for the one that must send it.
  public func reveal() -> String { text }

  /// Never the secret.
  public var description: String { "***" }
  /// Never the secret.
  public var debugDescription: String { "***" }
  /// Nothing to look into.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
