import HTTPTypes

/// Refuses requests for a host name that nobody configured: the defence against DNS rebinding.
///
/// A page of another site can make its own name point to a loopback address; to the browser it then is the same origin
/// as a server there. Such a request still names the other site's host. Numeric addresses and `localhost` cannot be taken
/// over that way and always pass; other names must be configured. Needed wherever anybody who reaches the server may use
/// it without a password.
///
/// Costs one header look-up.
public struct TrustedHost: Middleware {
  private let names: Set<String>

  /// - Parameter names: The host names, without ports, that people reach the server by.
  public init(names: [String]) {
    self.names = Set(names.map { $0.lowercased() })
  }

  /// Refuses with 421 (RFC 9110 section 15.5.20), or goes on.
  public func handle(
    _ request: Request, _ context: BaseContext, next: Next<BaseContext>
  ) async throws -> Response {
    let host = TrustedHost.name(in: request.header(.host) ?? "")
    guard TrustedHost.isNumericOrLocal(host) || names.contains(host) else {
      throw HTTPError(
        .misdirectedRequest,
        "This server is not known as \(host.prefix(80)). If it is meant to be, add its origin to the allowed origins.")
    }
    return try await next(request, context)
  }

  private static func name(in host: String) -> String {
    let host = host.lowercased()
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
    return String(host.prefix { $0 != ":" })
  }

  private static func isNumericOrLocal(_ host: String) -> Bool {
    if host.isEmpty || host == "localhost" || host.hasSuffix(".localhost") || host.hasPrefix("[") { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }
}
