/// Why an HTTP answer did not arrive as a whole.
struct HTTPTransferFailure: Error, Equatable {
  /// The kinds that lead to different advice.
  enum Kind: Equatable {
    case cancelled
    case badAddress
    case notResolved
    case notConnected
    case connectTimeout
    case silent
    case stalled
    case totalTimeout
    case notSecure
    case broken
    case other
  }

  /// The kind.
  var kind: Kind
  /// What the HTTP library said; no header and no body in it.
  var message: String
}
