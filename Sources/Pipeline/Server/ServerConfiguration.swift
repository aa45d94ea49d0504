/// How a ``Server`` listens and what bounds it.
public struct ServerConfiguration: Sendable {
  /// A numeric address, such as `127.0.0.1` or `::1`.
  public var address: String
  /// A port; 0 lets the system choose.
  public var port: Int
  /// Threads that parse requests; nil means two to four, by the number of cores.
  public var workers: Int?
  /// Open connections; over it a new one is answered 503. Nil means what the limit of open files allows.
  public var connectionLimit: Int?
  /// The kernel's probes of silent peers.
  public var tcpKeepalive: TCPKeepalive
  /// How long requests that are under way may take to finish when the server stops.
  public var drainDeadline: Duration

  /// A configuration.
  public init(
    address: String = "127.0.0.1", port: Int = 8787, workers: Int? = nil, connectionLimit: Int? = nil,
    tcpKeepalive: TCPKeepalive = .standard, drainDeadline: Duration = .seconds(10)
  ) {
    self.address = address
    self.port = port
    self.workers = workers
    self.connectionLimit = connectionLimit
    self.tcpKeepalive = tcpKeepalive
    self.drainDeadline = drainDeadline
  }
}
