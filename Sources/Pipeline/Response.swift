public import HTTPTypes
public import JSON

/// An answer.
public struct Response: Sendable {
  /// The status.
  public var status: HTTPResponse.Status
  /// Header fields. Date, Content-Length, Transfer-Encoding and Connection are the engine's.
  public var fields: HTTPFields
  /// What follows the header.
  public var body: ResponseBody

  /// An answer.
  public init(status: HTTPResponse.Status = .ok, fields: HTTPFields = [:], body: ResponseBody = .none) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  /// An answer of JSON bytes: `application/json; charset=utf-8`, never stored by a cache (wire-sessions-chat 0.2).
  public static func json(_ bytes: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status,
      fields: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
      body: .bytes(bytes))
  }

  /// An answer of a JSON object, spelled with two spaces a level as clients of this API know it.
  public static func json(
    _ object: JSONObject, status: HTTPResponse.Status = .ok, style: JSONWriter.Style = .indented
  ) -> Response {
    json(object.bytes(style), status: status)
  }

  /// An answer that is a stream of events (wire-sessions-chat 0.7).
  public static func events(_ stream: EventStream) -> Response {
    Response(
      fields: [
        .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache", .accelBuffering: "no",
      ],
      body: .events(stream))
  }
}

/// What an answer carries.
public enum ResponseBody: Sendable {
  /// Nothing.
  case none
  /// Bytes of this answer.
  case bytes([UInt8])
  /// Bytes that many answers share.
  case shared(SharedBytes)
  /// A part of an open file.
  case file(OpenFile)
  /// Events, until one side ends it.
  case events(EventStream)
}

extension HTTPField.Name {
  /// `X-Accel-Buffering: no` keeps nginx from holding events back.
  public static let accelBuffering = constant("X-Accel-Buffering")
  /// What a page may use of the machine.
  public static let permissionsPolicy = constant("Permissions-Policy")
  /// How much a link tells about where it came from.
  public static let referrerPolicy = constant("Referrer-Policy")
  /// How a browser came to send the request (W3C Fetch Metadata).
  public static let secFetchSite = constant("Sec-Fetch-Site")
  /// Whether a page may be shown in a frame.
  public static let frameOptions = constant("X-Frame-Options")
  /// The host that a proxy was asked for.
  public static let forwardedHost = constant("X-Forwarded-Host")
  /// Names a request in logs.
  public static let requestID = constant("X-Request-ID")
  /// RFC 9110 gives `Host` to the request line in newer versions of HTTP; here it is a field.
  public static let host = constant("Host")
  /// Where an event stream was left (WHATWG HTML, section 9.2).
  public static let lastEventID = constant("Last-Event-ID")

  private static func constant(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no field name") }
    return name
  }
}
