// A fault of a page's own ends in words and a way on, never in an empty page.
import { Component, type ComponentChildren } from 'preact';
import { Failed } from './basic';

export class Boundary extends Component<{ children: ComponentChildren }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined };
  static override getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override componentDidCatch(error: unknown) {
    console.error(error); // the tests fail on it
  }
  render() {
    if (this.state.error !== undefined) return <Failed error={this.state.error} retry={() => this.setState({ error: undefined })} />;
    return this.props.children;
  }
}
