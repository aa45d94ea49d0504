/// An answer that goes on: events are pushed to it until one side ends it.
///
/// There is no way to make one without a ``Keepalive``.
public struct EventStream: Sendable {
  /// What a stream is fed through. Safe from any thread; never blocks.
  public protocol Writer: Sendable {
    /// Queues a frame. False when the client is gone or fell too far behind, and nothing more will arrive.
    @discardableResult
    func send(_ frame: EventFrame) -> Bool
    /// How many bytes wait for the client. Who has much to send waits for it to get small.
    var backlog: Int { get }
    /// Ends the stream after what is queued.
    func finish()
  }

  /// Runs when the stream has ended, whoever ended it; in a task of its own, because the end may be noticed while the
  /// feeder holds a lock and pushes.
  public typealias Ending = @Sendable () -> Void

  let keepalive: Keepalive
  let closesConnection: Bool
  private let opening: @Sendable (any Writer) -> Ending

  /// - Parameters:
  ///   - keepalive: From the row of the routing table.
  ///   - closesConnection: Whether the end of the stream is the end of the connection; some clients rely on it, others
  ///     reconnect in a tight loop (wire-sessions-chat 0.7).
  ///   - open: Called once, when the header is on its way; starts to feed the writer and says what to do at the end.
  public init(
    keepalive: Keepalive, closesConnection: Bool = false, open: @escaping @Sendable (any Writer) -> Ending
  ) {
    self.keepalive = keepalive
    self.closesConnection = closesConnection
    opening = open
  }

  /// Starts the feed. For those who carry streams: the engine and test clients.
  public func open(_ writer: any Writer) -> Ending {
    let ending = opening(writer)
    return { Task { ending() } }
  }
}

extension EventStream.Writer {
  /// Nothing waits.
  public var backlog: Int { 0 }
}
