public import HTTPTypes
public import JSON

/// A failure that a client can do something about: a status and a sentence (`{"error": "..."}`).
public struct HTTPError: Error, Sendable {
  /// The status of the answer.
  public var status: HTTPResponse.Status
  /// What is wrong and what to do, without secrets.
  public var message: String
  /// Members that stand in the body beside `error`.
  public var members: JSONObject
  /// Header fields of the answer.
  public var fields: HTTPFields

  /// A failure.
  public init(
    _ status: HTTPResponse.Status, _ message: String, members: JSONObject = [:], fields: HTTPFields = [:]
  ) {
    self.status = status
    self.message = message
    self.members = members
    self.fields = fields
  }

  /// 404 with the sentence of unknown paths (wire-sessions-chat 0.3).
  public static let notFound = HTTPError(.notFound, "not found")
}

/// An error that knows which answer it is. Errors of other kinds become a 500 that says nothing of what happened.
public protocol HTTPErrorConvertible: Error {
  /// The answer.
  var httpError: HTTPError { get }
}

extension HTTPError: HTTPErrorConvertible {
  /// The failure itself.
  public var httpError: HTTPError { self }

  /// The answer for the client.
  public var response: Response {
    var object: JSONObject = ["error": .string(message)]
    object.merge(members)
    var response = Response.json(object, status: status)
    response.fields.append(contentsOf: fields)
    return response
  }
}
