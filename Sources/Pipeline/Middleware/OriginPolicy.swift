import HTTPTypes

/// Says whether a request comes from a page of this server.
public struct OriginPolicy: Sendable {
  private struct Origin: Equatable {
    let scheme: String
    let authority: String
  }

  private let allowed: [Origin]
  private let trustsForwardedHost: Bool

  /// - Parameters:
  ///   - allowedOrigins: Origins with a scheme that count as the same, such as `https://hermes.example`.
  ///   - trustsForwardedHost: Whether `X-Forwarded-Host` names the host that the browser asked for: only behind a
  ///     proxy that sets it.
  /// - Throws: ``OriginPolicyError`` when an entry is no origin.
  public init(allowedOrigins: [String] = [], trustsForwardedHost: Bool = false) throws(OriginPolicyError) {
    var origins: [Origin] = []
    for text in allowedOrigins {
      guard let origin = OriginPolicy.parse(text) else { throw OriginPolicyError(entry: text) }
      origins.append(origin)
    }
    allowed = origins
    self.trustsForwardedHost = trustsForwardedHost
  }

  /// The host names of the allowed origins, without ports.
  public var allowedHosts: [String] {
    allowed.map { origin in String(origin.authority.prefix { $0 != ":" }) }
  }

  /// Whether a request that changes something may go on.
  public func allows(_ request: Request) -> Bool {
    let site = request.header(.secFetchSite)?.lowercased()
    if site == "cross-site" { return false }
    guard let claimed = request.header(.origin) ?? request.header(.referer) else {
      return site == nil || site == "none" || site == "same-origin"
    }
    guard let origin = OriginPolicy.parse(claimed) else { return false }
    if allowed.contains(origin) { return true }
    let hosts = [request.header(.host), trustsForwardedHost ? request.header(.forwardedHost) : nil]
    return hosts.contains { host in
      host.map { OriginPolicy.authority($0, scheme: origin.scheme) == origin.authority } ?? false
    }
  }

  /// The scheme and the authority of a URL; nil when it is no http or https URL (`null` is none).
  private static func parse(_ text: String) -> Origin? {
    guard let separator = text.firstRange(of: "://") else { return nil }
    let scheme = text[..<separator.lowerBound].lowercased()
    guard scheme == "http" || scheme == "https" else { return nil }
    let authority = text[separator.upperBound...].prefix { !"/?#".contains($0) }
    guard !authority.isEmpty, !authority.contains("@") else { return nil }
    return self.authority(String(authority), scheme: scheme).map { Origin(scheme: scheme, authority: $0) }
  }

  /// Host and port in lower case, the port always there; nil when the text is none. IPv6 addresses keep their brackets.
  private static func authority(_ text: String, scheme: String) -> String? {
    let text = text.lowercased()
    let hostEnd =
      text.hasPrefix("[") ? text.firstIndex(of: "]").map { text.index(after: $0) } : text.firstIndex(of: ":")
    let host = text[..<(hostEnd ?? text.endIndex)]
    let rest = text[host.endIndex...]
    if host.isEmpty { return nil }
    if rest.isEmpty { return "\(host):\(scheme == "https" ? 443 : 80)" }
    guard rest.hasPrefix(":"), let port = UInt16(rest.dropFirst()) else { return nil }
    return "\(host):\(port)"
  }
}

/// An allowed origin that is none.
public struct OriginPolicyError: Error, CustomStringConvertible {
  /// The entry.
  public let entry: String
  /// A sentence that names the mend.
  public var description: String {
    "\"\(entry)\" is no origin: write scheme and host, such as https://hermes.example."
  }
}
