import HTTPTypes
public import JSON

extension Request {
  /// The body as a JSON object. An empty body is an object without members. A long one is not parsed on the engine's
  /// thread, which others wait for.
  ///
  /// - Throws: ``HTTPError`` with 400 and a sentence that says where the text is wrong, or that it is no object.
  public func json() async throws -> JSONObject {
    let bytes = body
    // The first suspension leaves the engine's thread (architecture, idea 5).
    if bytes.count > 64.kibibytes { await Task.yield() }
    if bytes.isEmpty { return JSONObject() }
    let value: JSONValue
    do {
      value = try JSONValue(parsing: bytes)
    } catch {
      throw HTTPError(.badRequest, "The request body is not valid JSON: \(error)")
    }
    guard case .object(let object) = value else {
      throw HTTPError(.badRequest, "Request body must be a JSON object")
    }
    return object
  }
}

extension JSONObject {
  /// Checks that members are there. One counts as missing when it is falsy, except for the number 0 and `false`
  /// (wire-platform 0.5).
  ///
  /// - Throws: ``HTTPError`` with 400 that names what is missing, in the given order.
  public func require(_ names: String...) throws {
    let missing = names.filter { name in
      guard let value = self[name] else { return true }
      if case .number = value { return false }
      if case .bool = value { return false }
      return value.isFalsy
    }
    if !missing.isEmpty {
      throw HTTPError(.badRequest, "Missing required field(s): \(missing.joined(separator: ", "))")
    }
  }
}
