import Foundation
import JSON
import Pipeline
import PipelineTesting
import Testing

@testable import App

/// The older server, freshly started on `golden/state`, answered these calls; this server has to give the same status,
/// the same keys and the same types, but for what stands in ``GoldenDeviations``.
@Suite("Recorded calls on the recorded state (wire-sessions-chat 0 to 2, wire-platform 1, 2, 4, 5.1, 6.1)", .fewAtOnce)
struct GoldenReplayTests {
  @Test("calls 801 to 843 have the recorded status, keys and types")
  func stateCalls() async throws {
    let server = try await GoldenServer.open()
    try await replay(try RecordedCall.all(in: 801...843), on: server, GoldenDeviations.state)
  }

  @Test("calls 801 to 843 are left out only where their route does not exist yet")
  func leftOut() async throws {
    let server = try await GoldenServer.open()
    let missing = try RecordedCall.all(in: 801...843).filter { !server.serves($0) }
    try #require(!missing.isEmpty)
    print("left out, because there is no route: \(missing.map(\.name).joined(separator: ", "))")
    #expect(missing.map(\.name) == GoldenDeviations.withoutRoute)
  }

  @Test("the calls of a page that opens (001 to 040) have the recorded status, keys and types")
  func bootCalls() async throws {
    let server = try await GoldenServer.open(copying: nil)
    let names = GoldenDeviations.bootWithoutRoute
    let calls = try RecordedCall.all(in: 1...40)
    let missing = calls.filter { !server.serves($0) }.map(\.name)
    print("left out, because there is no route: \(missing.joined(separator: ", "))")
    #expect(missing == names)
    try await replay(calls.filter { !names.contains($0.name) }, on: server, GoldenDeviations.boot)
  }

  @Test("errors (041 to 075) have the recorded status and text, but for the listed ones", arguments: [false, true])
  func errors(overSocket: Bool) async throws {
    let server = try await GoldenServer.open(copying: nil)
    let id = try await server.conversation(on: server.client)
    try await server.reach(overSocket: overSocket) { client in
      for call in try RecordedCall.all(in: 41...84) where !GoldenDeviations.skippedErrors.keys.contains(call.number) {
        // The story's first conversation is one of ours here.
        let response = try await client.send(server.localized(call.request, replacing: "dd84f05261ab", with: id))
        let deviation = GoldenDeviations.errors[call.number]
        #expect(response.status == deviation?.status ?? call.status, "\(call.name): \(response.text)")
        if let deviation {
          let text = deviation.error ?? ""
          #expect(text.isEmpty || response.errorText?.contains(text) == true, "\(call.name): \(response.text)")
        } else if let error = call.body?["error"]?.string {
          #expect(response.errorText == error, "\(call.name)")
        }
      }
    }
  }

  private func replay(
    _ calls: [RecordedCall], on server: GoldenServer, _ deviations: [GoldenDeviations.Deviation]
  ) async throws {
    var unused = Set(deviations.indices)
    for call in calls where server.serves(call) {
      let response = try await server.client.send(server.localized(call.request))
      let status = deviations.firstIndex { $0.path == "(status)" && $0.calls.contains(call.number) }
      if let status { unused.remove(status) }
      #expect(response.status == call.status || status != nil, "\(call.name): \(response.text.prefix(300))")
      guard let body = call.body, status == nil else { continue }
      let actual = try JSONValue(parsing: Array(server.recordedPaths(in: response.text).utf8))
      for difference in Shape.differences(body, actual).sorted(by: { $0.path < $1.path }) {
        let known = deviations.firstIndex { $0.explains(difference, in: call.number) }
        if let known { unused.remove(known) }
        #expect(known != nil, "\(call.name): \(difference)")
      }
    }
    for index in unused.sorted() {
      Issue.record("this deviation is none any more, remove it: \(deviations[index])")
    }
  }
}
