public import HTTPTypes

/// A request as handlers see it.
///
/// A value that costs little to pass on: header fields and the body stay in the engine's memory and are copied only
/// when somebody asks for them.
public struct Request: Sendable {
  /// The method.
  public let method: HTTPRequest.Method
  /// The target as it was sent, such as `/api/session?session_id=a1`; percent-encoding untouched.
  public let target: String
  /// The address of the peer, such as `127.0.0.1`. Behind a proxy that is the proxy.
  public let peer: String
  /// What the route's pattern captured.
  public internal(set) var parameters = PathParameters()

  private let source: any RequestSource

  /// A request over something that holds its fields and its body.
  init(method: HTTPRequest.Method, target: String, peer: String, source: any RequestSource) {
    self.method = method
    self.target = target
    self.peer = peer
    self.source = source
  }

  /// A request of its own, for tests.
  public init(
    method: HTTPRequest.Method, target: String, fields: HTTPFields = [:], body: [UInt8] = [],
    peer: String = "127.0.0.1"
  ) {
    self.init(method: method, target: target, peer: peer, source: StoredRequest(fields: fields, body: body))
  }

  /// The part of the target before the question mark. Routes are compared with it as it is: nothing is decoded.
  public var path: Substring {
    target.prefix { $0 != "?" }
  }

  /// The query's parameters.
  public var query: Query {
    Query(target.firstIndex(of: "?").map { target[target.index(after: $0)...] } ?? "")
  }

  /// The first value of a header field, without the white space around it; nil when there is none, and when the
  /// request is over and its memory gone.
  public func header(_ name: HTTPField.Name) -> String? {
    source.header(name.canonicalName)
  }

  /// All header fields, copied. Prefer ``header(_:)``.
  public var fields: HTTPFields { source.fields }

  /// The body, copied. At most as long as the route's limit.
  public var body: [UInt8] { source.body }

  /// The value of a cookie (RFC 6265 section 4.2); nil when it was not sent. Of two with one name the first counts.
  public func cookie(_ name: String) -> String? {
    guard let header = header(.cookie) else { return nil }
    for pair in header.split(separator: ";") {
      guard let equals = pair.firstIndex(of: "=") else { continue }
      if pair[..<equals].trimmingSpaces() == name[...] {
        return String(pair[pair.index(after: equals)...].trimmingSpaces())
      }
    }
    return nil
  }
}

/// Holds what a ``Request`` looks up.
protocol RequestSource: Sendable {
  /// The first value of a field; `name` is lower case.
  func header(_ name: String) -> String?
  var fields: HTTPFields { get }
  var body: [UInt8] { get }
}

/// A request that came from no engine.
private struct StoredRequest: RequestSource {
  let fields: HTTPFields
  let body: [UInt8]

  func header(_ name: String) -> String? {
    HTTPField.Name(name).flatMap { fields[values: $0].first }
  }
}

/// What a route's pattern captured from a path, decoded.
public struct PathParameters: Sendable, Equatable {
  private var values: [(name: String, value: String)] = []

  /// Nothing captured.
  public init() {}

  /// The captured text; nil when the pattern has no such name.
  public subscript(name: String) -> String? {
    values.first { $0.name == name }?.value
  }

  mutating func append(_ name: String, _ value: String) {
    values.append((name, value))
  }

  /// Whether the same was captured.
  public static func == (left: PathParameters, right: PathParameters) -> Bool {
    left.values.elementsEqual(right.values) { $0.name == $1.name && $0.value == $1.value }
  }
}

extension Substring {
  func trimmingSpaces() -> Substring {
    var text = drop { $0 == " " || $0 == "\t" }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }
}
