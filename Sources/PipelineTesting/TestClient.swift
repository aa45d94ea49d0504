public import HTTPTypes
public import JSON

/// Sends requests to a router, in process or over a socket. A test that is written against this runs both ways.
public protocol TestClient: Sendable {
  /// Sends a request and waits for the whole answer.
  ///
  /// - Throws: ``TestClientError`` when there is no answer.
  func send(_ request: TestRequest) async throws -> TestResponse

  /// Sends a request whose answer is a stream of events.
  ///
  /// - Throws: ``TestClientError`` when there is no answer.
  func open(_ request: TestRequest) async throws -> TestStream
}

/// A request of a test.
public struct TestRequest: Sendable {
  /// The method.
  public var method: HTTPRequest.Method
  /// Path and query, as they are sent.
  public var target: String
  /// Header fields beside Host and Content-Length.
  public var fields: HTTPFields
  /// The body.
  public var body: [UInt8]

  /// Any request.
  public init(_ method: HTTPRequest.Method, _ target: String, fields: HTTPFields = [:], body: [UInt8] = []) {
    self.method = method
    self.target = target
    self.fields = fields
    self.body = body
  }

  /// A `GET`.
  public static func get(_ target: String, fields: HTTPFields = [:]) -> TestRequest {
    TestRequest(.get, target, fields: fields)
  }

  /// A `POST` of a JSON object.
  public static func post(_ target: String, _ object: JSONObject, fields: HTTPFields = [:]) -> TestRequest {
    var fields = fields
    fields[.contentType] = "application/json"
    return TestRequest(.post, target, fields: fields, body: object.bytes(.compact))
  }
}

/// An answer.
public struct TestResponse: Sendable {
  /// The status code.
  public let status: Int
  /// The header fields.
  public let fields: HTTPFields
  /// The body.
  public let body: [UInt8]

  init(status: Int, fields: HTTPFields, body: [UInt8]) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  /// The body as text.
  public var text: String { String(decoding: body, as: UTF8.self) }

  /// The body as a JSON object.
  ///
  /// - Throws: ``TestClientError`` when it is none.
  public func json() throws -> JSONObject {
    guard case .object(let object)? = try? JSONValue(parsing: body) else {
      throw TestClientError("the body is no JSON object: \(text.prefix(200))")
    }
    return object
  }
}

/// What went wrong on a test's side of the wire.
public struct TestClientError: Error, CustomStringConvertible {
  /// A sentence.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
