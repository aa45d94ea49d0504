import HTTPTypes
import JSON

/// A request and what must come of it, as data: what the body must hold, and what it must not.
///
/// ```swift
/// try await Scenario("a malformed body is a 400 that says where", .post("/api/session/rename", raw: "{"))
///   .answers(400, holding: ["not valid JSON", "at byte 1"]).run(on: client)
/// ```
public struct Scenario: Sendable {
  private let behaviour: String
  private let request: TestRequest
  private var status = 200
  private var held: [String] = []
  private var lacked: [String] = []

  /// - Parameters:
  ///   - behaviour: What is tested, in the words of the specification.
  ///   - request: What is sent.
  public init(_ behaviour: String, _ request: TestRequest) {
    self.behaviour = behaviour
    self.request = request
  }

  /// What must come.
  ///
  /// - Parameters:
  ///   - status: The status code.
  ///   - held: Texts that the body must hold.
  ///   - lacked: Texts that the body must not hold.
  public func answers(_ status: Int, holding held: [String] = [], lacking lacked: [String] = []) -> Scenario {
    var scenario = self
    scenario.status = status
    scenario.held = held
    scenario.lacked = lacked
    return scenario
  }

  /// Sends the request and checks the answer.
  ///
  /// - Returns: The answer, for what else is to be checked.
  /// - Throws: ``ScenarioFailure`` that names the behaviour and what differs.
  @discardableResult
  public func run(on client: some TestClient) async throws -> TestResponse {
    let response = try await client.send(request)
    var differences: [String] = []
    if response.status != status { differences.append("status is \(response.status), not \(status)") }
    let text = response.text
    differences += held.filter { !text.contains($0) }.map { "the body lacks \($0)" }
    differences += lacked.filter { text.contains($0) }.map { "the body holds \($0)" }
    if differences.isEmpty { return response }
    throw ScenarioFailure(
      description:
        "\(behaviour): \(request.method.rawValue) \(request.target): \(differences.joined(separator: "; ")); "
        + "body: \(text.prefix(400))")
  }
}

/// A scenario that went otherwise.
public struct ScenarioFailure: Error, CustomStringConvertible {
  /// A sentence with the behaviour and the differences.
  public let description: String
}
