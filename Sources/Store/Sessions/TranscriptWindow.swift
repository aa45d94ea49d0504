/// Which part of a transcript a client asks for (wire 1.2).
public struct TranscriptWindow: Sendable, Equatable {
  /// How many visible messages are wanted, 1 to 500; nil for all of them.
  public let limit: Int?
  /// Only messages with a smaller index are wanted.
  public let before: Int?

  /// The largest limit (`_msg_limit_max`).
  public static let largestLimit = 500
  /// The whole transcript.
  public static let all = TranscriptWindow()

  /// A window; a limit outside 1 to 500 is moved to the nearer end, a negative cursor to 0.
  public init(limit: Int? = nil, before: Int? = nil) {
    self.limit = limit.map { min(max($0, 1), Self.largestLimit) }
    self.before = before.map { max($0, 0) }
  }
}
