package main

// integrations are the folders of modules that depend on the main module, so that
// a program depends only on the libraries that it uses.
var integrations = []string{"glide/glideotel", "glide/glideprometheus", "glide/glidegoredis"}

// integrationModules makes these modules depend on the released main module
// instead of the one in the repository, and returns their tags.
func (r repository) integrationModules(v versions, modules []platformModule) (tags []string, err error) {
	edits := []string{"-dropreplace=" + v.path, "-require=" + v.path + "@v" + v.module}
	for _, m := range modules {
		// Go does not read the main module's go.mod for programs that name it only
		// indirectly.
		edits = append(edits, m.requirement())
	}
	for _, folder := range integrations {
		if err := r.editModule(folder, edits...); err != nil {
			return nil, err
		}
		tags = append(tags, folder+"/v"+v.module)
	}
	return tags, r.commit("Release v"+v.module+" of the integrations", tags...)
}
