/// What a row lets through.
public struct Limits: Sendable, Equatable {
  /// The longest body, in bytes. Known before the body is read: over it the answer is 413.
  public let body: Int

  private init(body: Int) {
    self.body = body
  }

  /// No body, as for rows that are only read.
  public static let none = Limits(body: 0)

  /// A body of up to so many bytes.
  public static func json(_ bytes: Int) -> Limits {
    precondition(bytes >= 0, "a limit is no negative number")
    return Limits(body: bytes)
  }
}

extension Int {
  /// So many times 1,024 bytes.
  public var kibibytes: Int { self * 1024 }
  /// So many times 1,048,576 bytes.
  public var mebibytes: Int { self * 1024 * 1024 }
}
