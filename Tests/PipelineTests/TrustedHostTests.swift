import HTTPTypes
import Pipeline
import PipelineTesting
import Testing

@Suite("Names that a server is reached by (DNS rebinding)")
struct TrustedHostTests {
  @Test(
    "numbers and localhost pass, names only when they are configured",
    arguments: [
      ("127.0.0.1", 200), ("127.0.0.1:8787", 200), ("localhost:1", 200), ("LOCALHOST", 200), ("a.localhost", 200),
      ("[::1]:8787", 200), ("192.168.1.20", 200), ("hermes.example", 200), ("Hermes.Example:443", 200),
      ("evil.example", 421), ("hermes.example.evil.example", 421), ("127.0.0.1.evil.example", 421),
      ("localhost.evil.example", 421), ("127.1", 421), ("1.2.3.999", 421),
    ])
  func hosts(host: String, status: Int) async throws {
    let chain = SampleServer.open.then(TrustedHost(names: ["hermes.example"]))
    let router = try SampleServer.router { Row("/", through: chain, to: ReadOnly()) }
    #expect(try await InProcessClient(router).send(.get("/", fields: [.host: host])).status == status)
  }
}
