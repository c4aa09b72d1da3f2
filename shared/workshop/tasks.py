"""What the workshop asks for, with hints, by the name of a stage.

`FORWARD` makes the change that the stage stands for, `REVERSE` undoes it.
The hints lead from a question to nearly the answer. Code that the last hint
gives is code of the stage to be reached, or offered as an alternative.
"""

from typing import NamedTuple


class Task(NamedTuple):
    """What is asked for, and three hints, from a question to the answer."""

    text: str
    hints: tuple[str, str, str]


FORWARD = {
    "02": Task(
        "Log-softmax and negative log-likelihood are written by hand here."
        " PyTorch has one function that computes both. Use it for the loss,"
        " and delete the two functions. The model then returns raw scores"
        " (logits) instead of log-probabilities, and so does `train`. The"
        " check accepts that.",
        (
            "Which function in torch.nn.functional takes scores and labels"
            " and returns a loss? Read its documentation: does it expect"
            " probabilities, log-probabilities or logits?",
            "It expects logits, because it computes the log-softmax itself."
            " So the model must return the weighted sums and apply no"
            " softmax.",
            "Add `import torch.nn.functional as F`. In the model, write"
            " `return xb @ weights + bias`. In the loop, write"
            " `loss = F.cross_entropy(pred, yb)`. Then delete the two"
            " functions that are no longer called.",
        ),
    ),
    "03": Task(
        "The model is two separate tensors, and the loop updates and clears"
        " each of them by name. Put them as parameters into a class of your"
        " own, a subclass of `nn.Module`. In the loop, get the parameters"
        " from the model, update each of them as now, and let the model clear"
        " their gradients. Draw the initial weights as they are drawn now, so"
        " that they stay the same.",
        (
            "When does `model.parameters()` find a tensor? How does PyTorch"
            " know that a tensor is a parameter?",
            "In `__init__`, call `super().__init__()` first. Then assign two"
            " attributes, each tensor wrapped in `nn.Parameter`. Write"
            " `forward` to compute what the function `model` computed. In"
            " the training loop, update every parameter `p` in the same way.",
            "Create the model once, before the loop over the epochs. After"
            " `loss.backward()`, write `with torch.no_grad():` and, inside"
            " it, `for p in model.parameters(): p -= p.grad * lr`. This"
            " update is in place. After that inner loop, call"
            " `model.zero_grad()` once.",
        ),
    ),
    "04": Task(
        "The class has a matrix and a bias of its own, and multiplies by"
        " hand. PyTorch has a layer that does all of this. Use that layer in"
        " the class, as its parent class, or without a class, and remove the"
        " class's own two parameters. The layer draws its initial weights in"
        " a different way; do not change that. The training loop stays as it"
        " is."
        " For the check, the layer gets the same initial weights that the"
        " class has now.",
        (
            "Which layer computes a weighted sum of its inputs and adds a"
            " bias? Which arguments does it need?",
            "`nn.Linear` needs the number of inputs and the number of"
            " outputs. Make it an attribute of your module. Then"
            " `model.parameters()` finds its parameters, and the training"
            " loop stays the same.",
            "In `__init__`, write `self.linear = nn.Linear(784, 10)`. In"
            " `forward`, write `return self.linear(xb)`. The import of math"
            " is no longer needed.",
        ),
    ),
    "05": Task(
        "The loop updates the parameters by hand. Let a PyTorch optimizer do"
        " it. Use plain gradient descent, with the learning rate that"
        " `train` is given. Create the optimizer once, before the loops. It"
        " updates the parameters, and it also clears the gradients. In other"
        " places, `torch.no_grad` may stay.",
        (
            "Which lines update the parameters, and which line clears the"
            " gradients? If an optimizer does both, what does it need to"
            " know?",
            "Create `optim.SGD` once, after the model, with the model's"
            " parameters and `lr`. It has one method that updates the"
            " parameters and one that clears their gradients.",
            "Change the import to `from torch import nn, optim`. Before the"
            " loop over the epochs, write"
            " `opt = optim.SGD(model.parameters(), lr=lr)`. For each batch,"
            " call `loss.backward()`, `opt.step()` and `opt.zero_grad()`, in"
            " this order.",
        ),
    ),
    "06": Task(
        "Images and labels are sliced separately. Put both into one"
        " `TensorDataset`, and take each batch from it with one slice.",
        (
            "What does a `TensorDataset` return for one index, and what does"
            " it return for a slice?",
            "Create it from the two tensors, images first. What it returns"
            " is in the same order. Its length is the number of images.",
            "Add `from torch.utils.data import TensorDataset`. Before the"
            " loops, write `train_ds = TensorDataset(x_train, y_train)`. In"
            " the loop, write"
            " `xb, yb = train_ds[start : start + batch_size]`.",
        ),
    ),
    "07": Task(
        "The loop computes where each batch starts and ends. Let a"
        " `DataLoader` do that, and loop over it. It must return all images,"
        " in their current order, in batches of `batch_size`. The last batch"
        " may be smaller.",
        (
            "What does the loop use its variable `start` for? Which object"
            " could give the loop its batches, one after the other?",
            "Create a `DataLoader` once, from the dataset and the batch"
            " size. A loop over it gives pairs of images and labels, and"
            " starts again from the first image in every epoch. Read in its"
            " documentation what it does by default with a smaller last"
            " batch.",
            "Write `train_dl = DataLoader(train_ds, batch_size=batch_size)`"
            " before the loops. Then `for xb, yb in train_dl:` replaces two"
            " lines: the loop over `range` and the slice.",
        ),
    ),
    "08": Task(
        "After every epoch, compute the loss on the validation images and"
        " pass it to `log.validation`. It must be the mean over all these"
        " images, so a smaller batch counts less. Switch the model to"
        " training mode for training and to evaluation mode for validation."
        " During validation, and for the final predictions, autograd must"
        " not record anything. (In which mode the model makes the final"
        " predictions does not matter.) Shuffle the training images, with"
        " `shuffle=True` or a `RandomSampler`; the order of the validation"
        " images does not matter. The check turns shuffling off to compare the"
        " two programs. The loop over the batches must move out of `train`"
        " into functions, so that no code has to be written twice. We use"
        " three:"
        " `get_data` makes the two loaders, `loss_batch` computes the loss"
        " of a batch for training or validation, and `fit` runs the epochs."
        " You can choose other names and other functions.",
        (
            "What must be switched between training and validation? One"
            " switch belongs to the model, one to autograd. And why is the"
            " mean of the batch losses not always the mean over all images?",
            "Call `model.train()` before the training batches, and"
            " `model.eval()` before the validation batches. Use"
            " `torch.no_grad()` for the validation batches and for the"
            " predictions at the end. Multiply the loss of each validation"
            " batch by its number of images, add up these products, and"
            " divide the sum by the number of all validation images.",
            "The training loader is `DataLoader(train_ds,"
            " batch_size=batch_size, shuffle=True)`. Make a second dataset"
            " and loader from the validation images, without shuffling. For"
            " each validation batch, write"
            " `total += loss_batch(model, xb, yb) * len(xb)` and"
            " `count += len(xb)`. After the last one, call"
            " `log.validation(total / count)`. The end of `train` is"
            " `with torch.no_grad(): return model(x_valid)`. Add"
            " `import torch` at the top.",
        ),
    ),
    "09": Task(
        "Replace the linear model with a network of three convolutions. Each"
        " has a 3 x 3 kernel, stride 2 and padding 1. The first goes from 1"
        " channel to 16, the second from 16 to 16, the third from 16 to 10."
        " Apply a ReLU after each of them. At the end, take the mean of each"
        " of the ten channels over its grid; there is no linear layer. Any"
        " function or layer that computes a ReLU or a mean will do. Give"
        " `train` a new argument `momentum`, 0.9 by default, and pass it to"
        " the optimizer, which is still plain SGD otherwise. Change the"
        " default of `lr` to 0.1. The training loop, the data and the"
        " validation stay the same, so the network itself must reshape the"
        " rows of pixels that it gets.",
        (
            "A convolution expects the shape (n, channels, height, width)."
            " What shape does a batch have now, and where will you reshape"
            " it? How large is the grid after each convolution?",
            "Create three `nn.Conv2d` layers in `__init__`. In `forward`,"
            " first reshape the batch, then call each convolution and apply"
            " `F.relu` to its result. The grid goes from 28 to 14, to 7, to"
            " 4. So `F.avg_pool2d` with a window of 4 leaves one number per"
            " channel.",
            "The first layer is"
            " `nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1)`. Begin"
            " `forward` with `xb = xb.view(-1, 1, 28, 28)`. Then write"
            " `xb = F.relu(self.conv1(xb))` and two more lines like it. End"
            " with `xb = F.avg_pool2d(xb, 4)` and `return xb.flatten(1)`."
            " The optimizer is `optim.SGD(model.parameters(), lr=lr,"
            " momentum=momentum)`.",
        ),
    ),
    "10": Task(
        "The network is a list of steps that run one after the other. Write"
        " it as a list: replace the class and its `forward` with an"
        " `nn.Sequential`. Every step must be a layer, including the steps"
        " that are functions now, such as the reshaping at the start. For"
        " that you can write a small layer that calls any function (ours is"
        " called `Lambda`), or use a layer from PyTorch. A subclass of"
        " `nn.Sequential` will do, too. Create the"
        " convolutions in the same order as now, so that they draw the same"
        " initial weights.",
        (
            "Read `forward` line by line. Which steps are layers already?"
            " Which ones must become layers?",
            "The layer for `F.relu` is `nn.ReLU()`, and the layer for"
            " `F.avg_pool2d` is `nn.AvgPool2d`. For the reshaping, write an"
            " `nn.Module` that stores a function and calls it in `forward`.",
            "The first layer is `Lambda(lambda xb: xb.view(-1, 1, 28, 28))`."
            " Then come the three convolutions, each followed by"
            " `nn.ReLU()`, then `nn.AvgPool2d(4)`. The last layer is"
            " `Lambda(lambda xb: xb.flatten(1))`. Instead of the two"
            " `Lambda` layers you can use PyTorch's"
            " `nn.Unflatten(1, (1, 28, 28))` and `nn.Flatten()`.",
        ),
    ),
    "11": Task(
        "The network is made for images of 28 x 28 pixels only. This shows"
        " in two places: it reshapes each row to that size, and it pools over"
        " a window of 4 x 4. Pool with `nn.AdaptiveAvgPool2d` instead, which"
        " accepts a grid of any size. And reshape before the network: wrap"
        " each loader in an object that passes every batch through a"
        " function, so that the loop over the batches stays as it is. It must"
        " give all batches in every epoch, not only in the first. Ours"
        " are called `WrappedDataLoader` and `preprocess`."
        " The final predictions need the reshaped images too. The check also"
        " gives the network images of another size.",
        (
            "What does `fit` do with a loader? Does the loader have to be a"
            " `DataLoader`?",
            "`fit` only loops over it, once per epoch. So write a class with"
            " an `__iter__` method that uses `yield`. Wrap both loaders in"
            " it, and pass `x_valid` through the same function before the"
            " final predictions.",
            "Remove the first layer of the network, and pool with"
            " `nn.AdaptiveAvgPool2d(1)`. The function does"
            " `return x.view(-1, 1, 28, 28), y`. The body of `__iter__` is"
            " `for xb, yb in self.dl: yield self.func(xb, yb)`. Before the"
            " final predictions, write"
            " `x_valid, _ = preprocess(x_valid, y_valid)`. The end stays"
            " `with torch.no_grad(): return model(x_valid)`.",
        ),
    ),
    "12": Task(
        "Run the same training on an accelerator, such as a GPU, if the"
        " machine has one. Use `torch.accelerator` to find it, and use the"
        " CPU if there is none. Give `train` a last argument `device`, with"
        " the device that you found as its default. Move the model to it"
        " before you create the optimizer. Move the images and labels of"
        " every batch when they are needed, and the images of the final"
        " predictions. Return the predictions on the CPU.",
        (
            "Which tensors must be on the same device when the loss of a"
            " batch is computed? Which function already gets every batch?",
            "At the top of the file, call"
            " `torch.accelerator.is_available()` and, if it returns True,"
            " `torch.accelerator.current_accelerator()`. Remember that a"
            " module's `to` moves the module itself, but a tensor's `to`"
            " does not change the tensor: use what it returns.",
            "In `preprocess`, write"
            " `return x.view(-1, 1, 28, 28).to(device), y.to(device)`."
            " The last argument of `train` is `device=device`. Create the"
            " model with `model = cnn().to(device)`. The end of `train` is"
            " `x_valid, _ = preprocess(x_valid, y_valid)` as before, then"
            " `with torch.no_grad(): return model(x_valid).cpu()`.",
        ),
    ),
}

REVERSE = {
    "02": Task(
        "Do without `F.cross_entropy`: compute the same loss with operations"
        " on tensors. Take the log-softmax of each row. From each row, pick"
        " the number that belongs to the correct digit. The loss is the mean"
        " of these numbers, with a minus sign. Do not use a function that"
        " does this for you, such as `torch.log_softmax` or `F.nll_loss`."
        " `train` can return logits or log-probabilities.",
        (
            "How can you write the logarithm of a softmax without computing"
            " the softmax first? How can you pick one number from each row"
            " of a matrix?",
            "log_softmax(x) = x - log(sum(exp(x))), where the sum is taken"
            " over each row. To pick one number per row, index with two"
            " tensors: the row numbers and the labels.",
            "The log-softmax is `x - x.exp().sum(-1, keepdim=True).log()`."
            " The loss is"
            " `-log_probs[torch.arange(len(target)), target].mean()`, where"
            " `target` holds the labels.",
        ),
    ),
    "03": Task(
        "Do without `nn.Module`: write the model as two tensors and a"
        " function. Both tensors must require a gradient, and the loop must"
        " update both of them and clear their gradients. Draw the initial"
        " weights as"
        " they are drawn now.",
        (
            "What did `nn.Parameter` do with its tensor? What did"
            " `model.zero_grad()` do?",
            "Call `requires_grad_()` on the weights after the division, not"
            " before. A tensor that is computed from one that requires a"
            " gradient is not a leaf, and `backward` does not store a"
            " gradient for it.",
            "Write `weights = torch.randn(784, 10) / math.sqrt(784)`, then"
            " `weights.requires_grad_()`, then"
            " `bias = torch.zeros(10, requires_grad=True)`. The function"
            " `model` does `return xb @ weights + bias`. In the loop, under"
            " `with torch.no_grad():`, write `weights -= weights.grad * lr`"
            " and `weights.grad.zero_()`. Do the same for `bias`.",
        ),
    ),
    "04": Task(
        "Do without `nn.Linear`: give the class a weight matrix and a bias"
        " of its own, and multiply by hand, without `F.linear`. Draw a (784,"
        " 10) matrix with `torch.randn`, divide it by the square root of 784,"
        " and start the bias at zero. For the check, `nn.Linear` gets the"
        " same initial weights. Or draw both exactly as `nn.Linear` does; the"
        " check accepts that too.",
        (
            "Which parameters does `nn.Linear` have, and what does its"
            " `forward` compute?",
            "Make the two tensors attributes, each wrapped in"
            " `nn.Parameter`. Then `model.parameters()` still finds them. A"
            " batch has the shape (n, 784), and the result has the shape"
            " (n, 10). Which matrix product gives that shape?",
            "In `__init__`, write `self.weights ="
            " nn.Parameter(torch.randn(784, 10) / math.sqrt(784))` and"
            " `self.bias = nn.Parameter(torch.zeros(10))`. In `forward`,"
            " write `return xb @ self.weights + self.bias`. Add"
            " `import math` at the top.",
        ),
    ),
    "05": Task(
        "Do without the optimizer: update the parameters by hand. Move each"
        " of them against its gradient, by the gradient times the learning"
        " rate. Then clear the gradients, in any way you like.",
        (
            "What does one step of plain gradient descent do to a parameter?"
            " Why must autograd not record it?",
            "Loop over `model.parameters()` under `torch.no_grad()`. Update"
            " each parameter in place. An update that is not in place only"
            " creates a new tensor, and the parameter stays as it was.",
            "Add `import torch` at the top. After `loss.backward()`, write"
            " `with torch.no_grad():` and, inside it,"
            " `for p in model.parameters(): p -= p.grad * lr`. After that"
            " inner loop, call `model.zero_grad()` once.",
        ),
    ),
    "06": Task(
        "Do without `TensorDataset`: slice the images and the labels"
        " separately.",
        (
            "What does a slice of the dataset do with each of its two"
            " tensors?",
            "You need two slices, with the same start and the same end. The"
            " loop also needs the number of images, which was the length of"
            " the dataset. Where else can it get that number?",
            "Loop with `for start in range(0, len(x_train), batch_size):`."
            " The images are `xb = x_train[start : start + batch_size]`."
            " Slice `y_train` in the same way.",
        ),
    ),
    "07": Task(
        "Do without `DataLoader`: compute where each batch starts, and slice"
        " the dataset. In every epoch, use each image exactly once, in the"
        " same order as now.",
        (
            "How many batches are there in an epoch, and how many images are"
            " in the last one?",
            "A `range` with a step gives the start of each batch. If a slice"
            " goes past the end, it is just shorter: there is no error.",
            "Loop with `for start in range(0, len(train_ds), batch_size):`."
            " A batch is `xb, yb = train_ds[start : start + batch_size]`.",
        ),
    ),
    "08": Task(
        "Remove the validation and the shuffling. What remains is a loop over"
        " the epochs and a loop over the batches, both in `train` itself. For"
        " each batch: forward pass, loss, backward pass, optimizer step,"
        " clear the gradients, log the loss. (You can also clear the gradients"
        " first, or log the loss earlier.) The `torch.no_grad` around the"
        " final predictions is not needed for this; you can remove it or keep"
        " it.",
        (
            "Which lines of `fit` and `loss_batch` are for training, and"
            " which are only for validation?",
            "One loader is enough, without shuffling. Move the body of"
            " `loss_batch` to the place where it is called. The condition in"
            " it is no longer needed, because there is always an optimizer.",
            "Write `train_dl = DataLoader(train_ds, batch_size=batch_size)`."
            " The two loops are `for epoch in range(epochs):` and"
            " `for xb, yb in train_dl:`. The body is `pred = model(xb)`,"
            " `loss = F.cross_entropy(pred, yb)`, `loss.backward()`,"
            " `opt.step()`, `opt.zero_grad()` and `log(loss)`. The last line"
            " of `train` is `return model(x_valid)`.",
        ),
    ),
    "09": Task(
        "Replace the network with the linear model: one layer with 784"
        " inputs and ten outputs, and no convolution. Remove `momentum` from"
        " the optimizer and from the arguments of `train`. Change the default"
        " of `lr` back to 0.5. The training loop, the data and the validation"
        " stay the same.",
        (
            "What shape of input does a convolution expect, and what shape"
            " does a linear layer expect? Which of them fits the batches"
            " without a reshape?",
            "Write a class with one `nn.Linear`. It expects rows of 784"
            " pixels, and the batches have that shape already.",
            "In `__init__`, write `self.linear = nn.Linear(784, 10)`. In"
            " `forward`, write `return self.linear(xb)`. The optimizer is"
            " `optim.SGD(model.parameters(), lr=lr)`.",
        ),
    ),
    "10": Task(
        "Do without `nn.Sequential`, `nn.ReLU` and `nn.AvgPool2d`: write a"
        " class whose `forward` runs the steps one by one. For the steps"
        " without weights it calls functions. Create the convolutions in the"
        " same order as now, so that they draw the same initial weights.",
        (
            "Which of the layers have weights? Only these must be attributes"
            " of the class.",
            "In `__init__`, after `super().__init__()`, create three"
            " `nn.Conv2d` layers. In `forward`, use `F.relu` and"
            " `F.avg_pool2d`.",
            "Begin `forward` with `xb = xb.view(-1, 1, 28, 28)`. Then write"
            " `xb = F.relu(self.conv1(xb))` and two more lines like it. End"
            " with `xb = F.avg_pool2d(xb, 4)` and `return xb.flatten(1)`.",
        ),
    ),
    "11": Task(
        "Write the network for 28 x 28 pixels only: it gets rows of pixels,"
        " reshapes them itself, and pools over a window of 4 x 4, without"
        " `nn.AdaptiveAvgPool2d`. Use the loaders directly, without the"
        " wrapper.",
        (
            "If every batch is a set of rows, where must the rows become"
            " images?",
            "Add a first layer that reshapes, in the same way as the last"
            " layer flattens. After the third convolution the grid is 4 x 4,"
            " so a pooling window of size 4 covers all of it.",
            "The first layer is `Lambda(lambda xb: xb.view(-1, 1, 28, 28))`."
            " The pooling layer is `nn.AvgPool2d(4)`. Call"
            " `fit(epochs, model, opt, train_dl, valid_dl, log)` with the"
            " loaders from `get_data`. `x_valid` is not reshaped before the"
            " final predictions; the end of `train` is"
            " `with torch.no_grad(): return model(x_valid)`.",
        ),
    ),
    "12": Task(
        "Remove the accelerator: no `torch.accelerator` and no `device`."
        " Nothing is moved, so everything stays on the CPU.",
        (
            "Which lines choose a device, and which lines move something to"
            " it or back?",
            "Remove the lines at the top that look for an accelerator, the"
            " argument `device` of `train`, and every call of `to` and"
            " `cpu`.",
            "In `preprocess`, write `return x.view(-1, 1, 28, 28), y`."
            " Create the model with `model = cnn()`. The end of `train` is"
            " `x_valid, _ = preprocess(x_valid, y_valid)` as before, then"
            " `with torch.no_grad(): return model(x_valid)`.",
        ),
    ),
}
