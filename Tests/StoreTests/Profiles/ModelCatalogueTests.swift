import JSON
import Store
import Testing

@Suite("The catalogue of models")
struct ModelCatalogueTests {
  private let custom = ModelSettings(defaultModel: "fake-model", provider: "custom")

  @Test("Is as captured, with three badges for the model of a custom provider (golden NOTES, number 29)")
  func captured() throws {
    let object = ModelCatalogue.object(settings: custom, offered: ["fake-model", "fake-model-2"])
    #expect(JSONValue.object(object).text == (try Fixtures.body("009-models")).text)
  }

  @Test("A default model that is not offered stands first (wire-platform 4.2)")
  func defaultModelFirst() {
    let object = ModelCatalogue.object(settings: custom, offered: ["a", "b", "a", ""])
    #expect(ids(object, "models") == ["fake-model", "a", "b"])
  }

  @Test("Other providers have one badge a model (wire-platform 4.2)")
  func oneBadge() {
    let object = ModelCatalogue.object(settings: ModelSettings(defaultModel: "m", provider: "openai"), offered: [])
    #expect(object["configured_model_badges"]?.object?.keys == ["m"])
    #expect(object["groups"]?.array?.first?["provider"] == "OpenAI")
  }

  @Test("Without provider and model there is nothing, and still every key (wire-platform 4.2)")
  func nothing() {
    let object = ModelCatalogue.object(settings: ModelSettings(), offered: [])
    #expect(
      JSONValue.object(object)
        == ["active_provider": nil, "default_model": "", "configured_model_badges": [:], "groups": [], "aliases": [:]])
  }

  @Test("Without a provider, the model stands in a group Default (wire-platform 4.2)")
  func groupDefault() {
    let object = ModelCatalogue.object(settings: ModelSettings(defaultModel: "m"), offered: [])
    #expect(object["groups"]?.array?.first?["provider"] == "Default")
  }

  @Test("An empty group is kept only for a custom provider (wire-platform 4.2)")
  func emptyGroup() {
    let groups = { (provider: String) in
      ModelCatalogue.object(settings: ModelSettings(provider: provider), offered: [])["groups"]?.array?.count
    }
    #expect(groups("custom:mine") == 1)
    #expect(groups("openai") == 0)
  }

  @Test("Over 25 models, 15 are shown and the selected one is among them (wire-platform 4.2)")
  func manyModels() {
    let offered = (1...25).map { "m\($0)" }
    #expect(ids(ModelCatalogue.object(settings: ModelSettings(), offered: offered), "models").count == 25)
    let settings = ModelSettings(defaultModel: "m26", provider: "openai")
    let object = ModelCatalogue.object(settings: settings, offered: offered + ["m26"])
    let shown = ids(object, "models")
    let extra = ids(object, "extra_models")
    #expect(shown.count == 15 && shown.contains("m26"))
    #expect(extra.count == 11)
    #expect(Set(shown).union(extra) == Set(offered + ["m26"]))
  }

  @Test("local is another word for custom (wire-platform 4.4, rule 1)")
  func local() {
    let object = ModelCatalogue.object(settings: ModelSettings(defaultModel: "m", provider: "local"), offered: [])
    #expect(object["active_provider"] == "custom")
  }

  @Test("Aliases keep their order")
  func aliases() {
    let object = ModelCatalogue.object(settings: custom, offered: [], aliases: [("z", "m1"), ("a", "m2")])
    #expect(object["aliases"]?.text == "{\"z\": \"m1\", \"a\": \"m2\"}")
  }

  private func ids(_ object: JSONObject, _ key: String) -> [String] {
    object["groups"]?.array?.first?[key]?.array?.compactMap { $0["id"]?.string } ?? []
  }
}
