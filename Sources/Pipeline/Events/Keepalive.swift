/// How an idle stream shows that it is alive: a comment line that clients ignore (WHATWG HTML, section 9.2).
public struct Keepalive: Sendable, Equatable {
  /// The text of the comment, such as `heartbeat`.
  public let comment: String
  /// The longest silence.
  public let interval: Duration

  /// - Parameters:
  ///   - comment: One line.
  ///   - interval: From 10 milliseconds to an hour.
  public init(_ comment: String, every interval: Duration) {
    precondition(!comment.utf8.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0 }, "a keepalive comment is one line")
    precondition(interval >= .milliseconds(10) && interval <= .seconds(3600), "a keepalive comes within an hour")
    self.comment = comment
    self.interval = interval
  }

  /// A keepalive.
  public static func keepalive(_ comment: String, every interval: Duration) -> Keepalive {
    Keepalive(comment, every: interval)
  }

  var frame: EventFrame { EventFrame(comment: comment) }
}

/// The probes by which the kernel finds out that a peer is dead (domain 3.11).
public struct TCPKeepalive: Sendable, Equatable {
  /// Silence before the first probe.
  public var idle: Duration
  /// Time between probes.
  public var interval: Duration
  /// Probes without an answer before the peer counts as dead.
  public var count: Int

  /// Probes.
  public init(idle: Duration, interval: Duration, count: Int) {
    self.idle = idle
    self.interval = interval
    self.count = count
  }

  /// 10 s, then 3 probes every 5 s.
  public static let standard = TCPKeepalive(idle: .seconds(10), interval: .seconds(5), count: 3)

  /// How long a dead peer can go unnoticed.
  public var window: Duration { idle + interval * count }
}
