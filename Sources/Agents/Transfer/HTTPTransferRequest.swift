/// What an ``HTTPTransfer`` sends, and how long it may take.
struct HTTPTransferRequest {
  /// An http or https address. Nothing of it is checked here; ``ModelAddress`` does that.
  var url: String
  /// Lines of the head; none may hold a line break.
  var headers: [(name: String, value: String)] = []
  /// With a body it is a POST, without one a GET.
  var body: [UInt8]?
  /// Until the connection stands.
  var connectTimeout: Duration
  /// Until the first byte of the answer's body; nil waits without end.
  var firstByteTimeout: Duration?
  /// Between two bytes; nil waits without end.
  var idleTimeout: Duration?
  /// Until the end; nil waits without end.
  var totalTimeout: Duration?
  /// Whether the proxy variables of the environment do not count.
  var ignoresProxy = false
}

/// The head of an HTTP answer, as far as anybody here looks at it.
struct HTTPTransferHead: Equatable {
  /// The status code.
  var status: Int
  /// The content type as it was sent.
  var contentType: String?
}
