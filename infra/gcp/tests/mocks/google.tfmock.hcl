# What the mocked provider answers, in every test of this root.

mock_data "google_project" {
  defaults = { number = "123456789012" }
}
