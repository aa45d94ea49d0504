import Foundation
import HTTPTypes
import JSON
import PipelineTesting

/// A request and its answer as the older server gave it (fixtures/golden/http).
struct RecordedCall: Sendable {
  let number: Int
  let name: String
  let request: TestRequest
  let status: Int
  /// The answer's JSON; nil when it was something else.
  let body: JSONValue?
  let isCompact: Bool

  /// The path without the query.
  var path: String { String(request.target.prefix { $0 != "?" }) }

  /// The calls of a range, in order.
  ///
  /// - Throws: ``FixtureError`` when they are missing.
  static func all(in range: ClosedRange<Int>) throws -> [RecordedCall] {
    let folder = try Fixtures.path("fixtures/golden/http")
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().compactMap { name in
      guard let number = Int(name.prefix(3)), range.contains(number), name.hasSuffix(".json") else { return nil }
      return try RecordedCall(number: number, name: String(name.dropLast(5)), path: folder + "/" + name)
    }
  }

  /// One call.
  static func number(_ number: Int) throws -> RecordedCall {
    guard let call = try all(in: number...number).first else {
      throw FixtureError("fixtures/golden/http has no call \(number)")
    }
    return call
  }

  private init(number: Int, name: String, path: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let file = try JSONValue(parsing: bytes, limits: .files)
    guard let sent = file["request"], let answer = file["response"],
      let method = sent["method"]?.string.flatMap({ HTTPRequest.Method($0) }), let target = sent["path"]?.string,
      let status = answer["status"]?.int
    else { throw FixtureError("\(path) is no recorded call") }
    self.number = number
    self.name = name
    self.status = status
    let format = answer["body_format"]?.string
    isCompact = format == "compact"
    body = format == nil ? nil : answer["body"]
    request = TestRequest(
      method, target, fields: RecordedCall.fields(sent["headers"]), body: RecordedCall.bytes(sent["body"]))
  }

  /// What the clients of tests set themselves is left out.
  private static func fields(_ headers: JSONValue?) -> HTTPFields {
    var fields = HTTPFields()
    for pair in headers?.array ?? [] {
      guard let text = pair.array?.first?.string, let value = pair.array?.last?.string else { continue }
      guard !["host", "content-length"].contains(text.lowercased()), let name = HTTPField.Name(text) else { continue }
      fields[name] = value
    }
    return fields
  }

  /// Text was sent as it stands, an object as JSON.
  private static func bytes(_ body: JSONValue?) -> [UInt8] {
    switch body {
    case nil, .null: []
    case .string(let text): Array(text.utf8)
    case .some(let value): value.bytes(.compact)
    }
  }
}
