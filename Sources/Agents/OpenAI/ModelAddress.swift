/// The address of a model server, checked: what is sent where, and what may be shown of it.
///
/// It is strict about the characters, so that nobody can read the address in another way than libcurl does.
struct ModelAddress: Equatable {
  /// `http://host:port`, without anything that follows.
  let origin: String
  /// The host without brackets.
  let host: String
  /// Host and port as they were written, for messages.
  let displayName: String
  /// The path without a slash at its end.
  let path: String
  /// The query with its question mark, or nothing.
  let query: String

  /// What is wrong with an address.
  private struct Fault: Error {
    /// Continues "The address".
    let fault: String
    var hint: String?
  }

  /// Checks an address.
  ///
  /// - Throws: ``AgentFailure`` that names the key of the configuration and the mend.
  init(_ text: String) throws(AgentFailure) {
    do throws(Fault) {
      try self.init(checking: text)
    } catch {
      throw AgentFailure(
        kind: .other, message: "The address in model.base_url \(error.fault).",
        hint: error.hint ?? "Set model.base_url in config.yaml to an address such as http://127.0.0.1:11434/v1.")
    }
  }

  /// Why an address cannot be used, as a sentence that does not repeat it; nil when it can.
  static func problem(of text: String) -> String? {
    do throws(Fault) {
      _ = try ModelAddress(checking: text)
      return nil
    } catch {
      return "The address \(error.fault)."
    }
  }

  private init(checking text: String) throws(Fault) {
    let text = text.trimmingSpace()
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else {
      throw Fault(fault: "holds a space, a backslash or a control character")
    }
    let scheme: String
    switch text.prefix(while: { $0 != ":" }).lowercased() {
    case "http" where text.dropFirst(4).hasPrefix("://"): scheme = "http"
    case "https" where text.dropFirst(5).hasPrefix("://"): scheme = "https"
    default: throw Fault(fault: "does not begin with http:// or https://")
    }
    let rest = text.dropFirst(scheme.count + 3)
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    var remainder = rest[authority.endIndex...]
    if authority.contains("@") {
      throw Fault(fault: "holds a user name or a password", hint: "Put the key into model.api_key instead.")
    }
    if remainder.contains("#") { throw Fault(fault: "holds a #") }
    host = try ModelAddress.host(of: authority)
    origin = "\(scheme)://\(authority)"
    displayName = String(authority)

    let queryStart = remainder.firstIndex(of: "?") ?? remainder.endIndex
    query = String(remainder[queryStart...])
    remainder = remainder[..<queryStart]
    while remainder.last == "/" { remainder = remainder.dropLast() }
    // Many documents give the whole address; what follows is the same either way.
    if remainder.hasSuffix("/chat/completions") { remainder = remainder.dropLast("/chat/completions".count) }
    path = String(remainder)
  }

  /// The address of a resource below the base, such as `/models`.
  func url(_ resource: String) -> String {
    origin + path + resource + query
  }

  /// Whether the server is on this machine, by the spelling of its host; then no proxy may come between.
  var isLoopback: Bool {
    let host = host.lowercased()
    if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" || host == "0.0.0.0" { return true }
    return host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || isDigit($0) }
  }

  private static func host(of authority: Substring) throws(Fault) -> String {
    let host: Substring
    let port: Substring
    if authority.first == "[" {
      guard let close = authority.firstIndex(of: "]") else { throw Fault(fault: "has a [ without a ]") }
      host = authority[..<close].dropFirst()
      port = authority[close...].dropFirst()
      // A zone such as fe80::1%25eth0 is part of a link-local address.
      guard host.utf8.allSatisfy({ isAlphanumeric($0) || ":.%-_".utf8.contains($0) }) else {
        throw Fault(fault: "has a host that is no IPv6 address")
      }
    } else {
      host = authority.prefix { $0 != ":" }
      port = authority[host.endIndex...]
      // Bytes from 0x80 on are an international name, which libcurl translates.
      guard host.utf8.allSatisfy({ isAlphanumeric($0) || $0 >= 0x80 || "-._".utf8.contains($0) }) else {
        throw Fault(fault: "has a host with characters that no host has")
      }
    }
    if host.isEmpty { throw Fault(fault: "has no host") }
    guard port.isEmpty || (port.first == ":" && (UInt16(port.dropFirst()) ?? 0) > 0) else {
      throw Fault(fault: "has a port that is no number from 1 to 65535")
    }
    return String(host)
  }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

private func isAlphanumeric(_ byte: UInt8) -> Bool {
  isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}

extension String {
  /// Without white space at both ends.
  func trimmingSpace() -> String {
    let start = drop { $0.isWhitespace }
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...last])
  }
}
